//! A bound on the work of RDFC-1.0, computed before it starts.
//!
//! The algorithm tries permutations only among blank nodes whose own statements look alike (equal first-degree hashes), and
//! walks only over edges between such nodes: all others have names by then. So the work falls apart into the connected
//! components of those nodes, and one of n nodes costs at most about n * n! steps for each of its nodes.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{BlankNodeRef, Dataset, GraphNameRef, NamedOrBlankNodeRef, QuadRef, TermRef};

use super::RdfError;

/// Most steps, over all components: three of five nodes that are all alike, or five hundred pairs. Some 30 ms at worst.
const MAX_STEPS: u64 = 2_000;

/// Refuses a dataset whose canonicalisation could take more than [`MAX_STEPS`].
pub(super) fn check(dataset: &Dataset) -> Result<(), RdfError> {
    let alike = alike_nodes(dataset);
    let mut steps = 0u64;
    for size in component_sizes(dataset, &alike) {
        let size = u64::try_from(size).map_err(|_| RdfError::Poisoned)?;
        let paths = (1..=size).try_fold(1u64, u64::checked_mul);
        steps = paths
            .and_then(|paths| paths.checked_mul(size)?.checked_add(steps))
            .filter(|steps| *steps <= MAX_STEPS)
            .ok_or(RdfError::Poisoned)?;
    }
    Ok(())
}

/// The blank nodes whose statements look like those of another one.
fn alike_nodes<'a>(dataset: &'a Dataset) -> BTreeSet<&'a str> {
    let mut looks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for quad in dataset {
        for node in blank_nodes(quad) {
            looks.entry(node).or_default().push(look(quad, node));
        }
    }
    let mut nodes: BTreeMap<Vec<String>, Vec<&'a str>> = BTreeMap::new();
    for (node, mut look) in looks {
        look.sort_unstable();
        nodes.entry(look).or_default().push(node);
    }
    nodes
        .into_values()
        .filter(|nodes| nodes.len() > 1)
        .flatten()
        .collect()
}

/// A statement as one of its nodes sees it: itself `a`, every other blank node `z`.
fn look(quad: QuadRef<'_>, node: &str) -> String {
    let name = |other: BlankNodeRef<'_>| if other.as_str() == node { "_:a" } else { "_:z" };
    let subject = match quad.subject {
        NamedOrBlankNodeRef::BlankNode(other) => name(other).to_owned(),
        NamedOrBlankNodeRef::NamedNode(named) => named.to_string(),
    };
    let object = match quad.object {
        TermRef::BlankNode(other) => name(other).to_owned(),
        other => other.to_string(),
    };
    let graph = match quad.graph_name {
        GraphNameRef::BlankNode(other) => name(other).to_owned(),
        other => other.to_string(),
    };
    format!("{subject} {} {object} {graph}", quad.predicate)
}

/// The blank nodes of a statement, each once.
fn blank_nodes<'a>(quad: QuadRef<'a>) -> BTreeSet<&'a str> {
    let subject = match quad.subject {
        NamedOrBlankNodeRef::BlankNode(node) => Some(node),
        NamedOrBlankNodeRef::NamedNode(_) => None,
    };
    let object = match quad.object {
        TermRef::BlankNode(node) => Some(node),
        _ => None,
    };
    let graph = match quad.graph_name {
        GraphNameRef::BlankNode(node) => Some(node),
        _ => None,
    };
    [subject, object, graph]
        .into_iter()
        .flatten()
        .map(|node| node.as_str())
        .collect()
}

/// Sizes of the connected components of the nodes that are alike.
fn component_sizes(dataset: &Dataset, alike: &BTreeSet<&str>) -> Vec<usize> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for quad in dataset {
        let nodes = blank_nodes(quad);
        let within: Vec<&str> = nodes.into_iter().filter(|n| alike.contains(n)).collect();
        for from in &within {
            edges
                .entry(from)
                .or_default()
                .extend(within.iter().copied());
        }
    }
    let mut seen = BTreeSet::new();
    let mut sizes = Vec::new();
    for start in alike {
        if !seen.insert(*start) {
            continue;
        }
        let mut size = 0;
        let mut open = vec![*start];
        while let Some(node) = open.pop() {
            size += 1;
            for next in edges.get(node).into_iter().flatten() {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        sizes.push(size);
    }
    sizes
}
