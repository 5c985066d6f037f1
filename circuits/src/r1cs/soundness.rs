//! What tests ask of a recorded constraint system: is every variable determined, is every constraint needed?
//!
//! A variable is either *derived* (a constraint a · b = v defines it from earlier variables, so it has one right value)
//! or a *hint* of the prover. A constraint either defines a derived variable or is an *assertion*. Deleting a definition
//! turns a derived variable into a hint, which [`Structure::hints`] shows. Deleting an assertion is noticed if some
//! assignment breaks that assertion alone, which [`unneeded`] looks for.

use super::System;
use super::system::{Row, evaluate};
use crate::field::Fr;
use ark_ff::{AdditiveGroup, Field, Zero};
use std::collections::{BTreeMap, BTreeSet};

/// Which constraints define, which assert.
pub(crate) struct Structure {
    /// For each variable, the row that defines it.
    defined_by: BTreeMap<usize, usize>,
    /// The rows that define nothing.
    assertions: Vec<usize>,
    /// Witness variables that no row defines.
    hints: BTreeSet<usize>,
}

impl Structure {
    pub(crate) fn of(system: &System) -> Self {
        let mut defined_by = BTreeMap::new();
        let mut assertions = Vec::new();
        for (i, row) in system.rows.iter().enumerate() {
            let newest = row
                .a
                .iter()
                .chain(&row.b)
                .map(|(index, _)| *index)
                .max()
                .unwrap_or(0);
            match row.c[..] {
                [(product, one)]
                    if one == Fr::ONE
                        && product > newest
                        && product > system.inputs
                        && !defined_by.contains_key(&product) =>
                {
                    defined_by.insert(product, i);
                }
                _ => assertions.push(i),
            }
        }
        let hints = (system.inputs + 1..system.values.len())
            .filter(|v| !defined_by.contains_key(v))
            .collect();
        Self {
            defined_by,
            assertions,
            hints,
        }
    }

    /// The hints that a clause made, in order.
    pub(crate) fn hints_of(&self, system: &System, clause: &str) -> Vec<usize> {
        self.hints
            .iter()
            .copied()
            .filter(|hint| system.clause_of(*hint) == clause)
            .collect()
    }

    /// The system with other values for some inputs and hints; all that follows from them, recomputed; and hints that one
    /// assertion alone mentions (inverses) set so that it holds, where it can.
    pub(crate) fn lie(&self, system: &System, lies: &[(usize, Fr)]) -> System {
        let mut system = system.clone();
        for (variable, value) in lies {
            system.values[*variable] = *value;
        }
        let mut values = system.values.clone();
        self.propagate(&system, &mut values);
        self.settle(&system, &users(&system), &mut values);
        system.values = values;
        system
    }

    /// Sets hints that one assertion alone mentions so that it holds.
    fn settle(&self, system: &System, users: &[BTreeSet<usize>], values: &mut [Fr]) {
        for row in &self.assertions {
            let row = &system.rows[*row];
            if System::holds(row, values) {
                continue;
            }
            let mentioned = row
                .a
                .iter()
                .chain(&row.b)
                .chain(&row.c)
                .map(|(index, _)| *index);
            let Some(hint) = mentioned
                .filter(|v| self.hints.contains(v))
                .find(|v| users[*v].len() == 1)
            else {
                continue;
            };
            // The error is linear in a hint that stands on one side only.
            let mut error = |value: Fr| {
                values[hint] = value;
                evaluate(&row.a, values) * evaluate(&row.b, values) - evaluate(&row.c, values)
            };
            let (at_zero, at_one) = (error(Fr::ZERO), error(Fr::ONE));
            values[hint] = (at_zero - at_one)
                .inverse()
                .map_or(Fr::ZERO, |slope| at_zero * slope);
        }
    }

    /// Number of hints by the clause that made them.
    pub(crate) fn hints(&self, system: &System) -> BTreeMap<&'static str, usize> {
        count(self.hints.iter().map(|hint| system.clause_of(*hint)))
    }

    /// Number of assertions by clause.
    pub(crate) fn assertions(&self, system: &System) -> BTreeMap<&'static str, usize> {
        count(self.assertions.iter().map(|row| system.rows[*row].clause))
    }

    /// Recomputes all derived variables from hints and inputs.
    fn propagate(&self, system: &System, values: &mut [Fr]) {
        for (variable, row) in &self.defined_by {
            let Row { a, b, .. } = &system.rows[*row];
            values[*variable] = evaluate(a, values) * evaluate(b, values);
        }
    }

    /// The gradient of an assertion (a · b - c) with respect to inputs and hints.
    fn gradient(&self, system: &System, row: usize) -> BTreeMap<usize, Fr> {
        let mut open = BTreeMap::new();
        let mut gradient = BTreeMap::new();
        let row = &system.rows[row];
        spread(&mut open, row, &system.values, Fr::ONE);
        for (index, coefficient) in &row.c {
            *open.entry(*index).or_insert(Fr::ZERO) -= coefficient;
        }
        // Definitions only use earlier variables, so the highest open variable is complete.
        while let Some((variable, weight)) = open.pop_last() {
            match self.defined_by.get(&variable) {
                Some(definition) => {
                    spread(&mut open, &system.rows[*definition], &system.values, weight)
                }
                // The adversary chooses inputs as well.
                None if variable > 0 && !weight.is_zero() => {
                    gradient.insert(variable, weight);
                }
                None => {}
            }
        }
        gradient
    }
}

/// Adds weight * d(a · b) to the open derivatives.
fn spread(open: &mut BTreeMap<usize, Fr>, row: &Row, values: &[Fr], weight: Fr) {
    let (a, b) = (evaluate(&row.a, values), evaluate(&row.b, values));
    for (terms, other) in [(&row.a, b), (&row.b, a)] {
        for (index, coefficient) in terms {
            *open.entry(*index).or_insert(Fr::ZERO) += *coefficient * other * weight;
        }
    }
}

fn count(clauses: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, usize> {
    clauses.fold(BTreeMap::new(), |mut counts, clause| {
        *counts.entry(clause).or_default() += 1;
        counts
    })
}

/// The lying prover: changes each witness variable in turn (by one, and to zero) after honest synthesis. Returns those
/// that can take another value without breaking any constraint, with their clauses.
pub(crate) fn free_variables(system: &System) -> Vec<(usize, &'static str)> {
    assert!(
        system.is_satisfied(),
        "the lying prover starts from an honest assignment"
    );
    let users = users(system);
    let mut values = system.values.clone();
    let mut free = Vec::new();
    for variable in system.inputs + 1..values.len() {
        let honest = values[variable];
        for lie in [honest + Fr::ONE, Fr::ZERO, -honest] {
            values[variable] = lie;
            let unnoticed = users[variable]
                .iter()
                .all(|row| System::holds(&system.rows[*row], &values));
            if lie != honest && unnoticed {
                free.push((variable, system.clause_of(variable)));
                break;
            }
        }
        values[variable] = honest;
    }
    free
}

/// The rows that mention a variable whose value is not the system's.
pub(super) fn touched(
    system: &System,
    users: &[BTreeSet<usize>],
    values: &[Fr],
) -> BTreeSet<usize> {
    let changed = (0..values.len()).filter(|i| values[*i] != system.values[*i]);
    changed.flat_map(|i| users[i].iter().copied()).collect()
}

/// For each variable the rows that mention it.
pub(super) fn users(system: &System) -> Vec<BTreeSet<usize>> {
    let mut users = vec![BTreeSet::new(); system.values.len()];
    for (i, row) in system.rows.iter().enumerate() {
        for (index, _) in row.a.iter().chain(&row.b).chain(&row.c) {
            users[*index].insert(i);
        }
    }
    users
}

/// The assertions for which no assignment was found that breaks them alone, with their clauses.
///
/// `systems` are the same constraints under several assignments, honest ones and such that break a clause. Two methods:
///
/// - At an honest assignment, an assertion whose gradient is linearly independent of the other gradients can be broken
///   alone by moving along a direction that all others allow.
/// - Where an assignment breaks one assertion only, that one is found. Where that assertion is a sum (a range check, a
///   packed input), each of its hints in turn takes the whole error; if that leaves one demand on the hint broken and
///   nothing else, that one is found too.
pub(crate) fn unneeded(systems: &[System]) -> Vec<(usize, &'static str)> {
    let structure = Structure::of(&systems[0]);
    let mut open: BTreeSet<usize> = structure.assertions.iter().copied().collect();
    for system in systems {
        assert_eq!(system.rows.len(), systems[0].rows.len(), "one circuit only");
        if system.is_satisfied() {
            for row in independent(&structure, system) {
                open.remove(&row);
            }
        } else {
            broken_alone(&structure, system, &mut open);
        }
    }
    open.into_iter()
        .map(|row| (row, systems[0].rows[row].clause))
        .collect()
}

/// Assertions whose gradient is no combination of the others': those outside the support of every left null vector.
fn independent(structure: &Structure, system: &System) -> BTreeSet<usize> {
    type Sparse = BTreeMap<usize, Fr>;
    let mut pivots = BTreeMap::<usize, (Sparse, Sparse)>::new();
    let mut dependent = BTreeSet::new();
    // Most assertions are the first to mention some hint. With the newest as pivot they need no elimination at all.
    for row in &structure.assertions {
        let mut rest = structure.gradient(system, *row);
        let mut made_of = Sparse::from([(*row, Fr::ONE)]);
        while let Some((newest, factor)) = rest.pop_last() {
            if factor.is_zero() {
                continue;
            }
            rest.insert(newest, factor);
            let Some((pivot, pivot_made_of)) = pivots.get(&newest) else {
                break;
            };
            let scale = -factor * pivot[&newest].inverse().unwrap();
            for (target, source) in [(&mut rest, pivot), (&mut made_of, pivot_made_of)] {
                for (index, value) in source {
                    *target.entry(*index).or_insert(Fr::ZERO) += *value * scale;
                }
            }
        }
        match rest.last_key_value().map(|(newest, _)| *newest) {
            Some(newest) => {
                pivots.insert(newest, (rest, made_of));
            }
            None => {
                made_of.retain(|_, value| !value.is_zero());
                dependent.extend(made_of.into_keys());
            }
        }
    }
    structure
        .assertions
        .iter()
        .copied()
        .filter(|row| !dependent.contains(row))
        .collect()
}

/// Removes from `open` the assertions that can be broken alone starting from an assignment that breaks one.
fn broken_alone(structure: &Structure, system: &System, open: &mut BTreeSet<usize>) {
    let users = users(system);
    let all: Vec<_> = (0..system.rows.len())
        .filter(|row| !System::holds(&system.rows[*row], &system.values))
        .collect();
    let [only] = all[..] else { return };
    open.remove(&only);
    let row = &system.rows[only];
    for (hint, coefficient) in row.c.iter().chain(&row.a) {
        if !structure.hints.contains(hint) {
            continue;
        }
        let mut values = system.values.clone();
        let in_product = row.c.iter().any(|(index, _)| index == hint);
        let error =
            evaluate(&row.a, &values) * evaluate(&row.b, &values) - evaluate(&row.c, &values);
        let step = error * coefficient.inverse().unwrap();
        values[*hint] += if in_product { step } else { -step };
        structure.propagate(system, &mut values);
        structure.settle(system, &users, &mut values);
        let mut touched = touched(system, &users, &values);
        touched.insert(only);
        let mut broken = touched
            .into_iter()
            .filter(|row| !System::holds(&system.rows[*row], &values));
        if let (Some(alone), None) = (broken.next(), broken.next()) {
            open.remove(&alone);
        }
    }
}
