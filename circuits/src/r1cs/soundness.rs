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

    /// The gradient of an assertion (a · b - c) with respect to the hints.
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
                None if variable > system.inputs && !weight.is_zero() => {
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

/// For each variable the rows that mention it.
fn users(system: &System) -> Vec<BTreeSet<usize>> {
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
    // Short gradients first: most are single hints, and cost nothing.
    let mut rows: Vec<_> = structure
        .assertions
        .iter()
        .map(|row| (*row, structure.gradient(system, *row)))
        .collect();
    rows.sort_by_key(|(_, gradient)| gradient.len());
    for (row, gradient) in rows {
        let (mut rest, mut made_of) = (gradient, Sparse::from([(row, Fr::ONE)]));
        loop {
            rest.retain(|_, value| !value.is_zero());
            let Some((hint, factor)) = rest
                .iter()
                .find_map(|(hint, value)| pivots.contains_key(hint).then_some((*hint, *value)))
            else {
                break;
            };
            let (pivot, pivot_made_of) = &pivots[&hint];
            let scale = -factor * pivot[&hint].inverse().unwrap();
            for (target, source) in [(&mut rest, pivot), (&mut made_of, pivot_made_of)] {
                for (index, value) in source {
                    *target.entry(*index).or_insert(Fr::ZERO) += *value * scale;
                }
            }
        }
        match rest.first_key_value().map(|(hint, _)| *hint) {
            Some(hint) => {
                pivots.insert(hint, (rest, made_of));
            }
            None => dependent.extend(
                made_of
                    .into_iter()
                    .filter(|(_, value)| !value.is_zero())
                    .map(|(row, _)| row),
            ),
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
    let broken = |values: &[Fr]| -> Vec<usize> {
        let rows = system.rows.iter().enumerate();
        rows.filter(|(_, row)| !System::holds(row, values))
            .map(|(i, _)| i)
            .collect()
    };
    let all = broken(&system.values);
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
        if let [alone] = broken(&values)[..] {
            open.remove(&alone);
        }
    }
}
