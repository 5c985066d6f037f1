//! Logs that need witnesses.

use serde_json::{Value, json};

use super::writer::{Writer, multikey, writer};
use super::*;

#[test]
fn witnesses_must_be_enough_and_others() {
    let list = |threshold: u64, bytes: &[u8]| {
        let ids: Vec<Value> = bytes
            .iter()
            .map(|byte| json!({"id": format!("did:key:{}", multikey(*byte))}))
            .collect();
        json!({"threshold": threshold, "witnesses": ids})
    };
    let first =
        |witness: Value| Writer::new(json!({"updateKeys": [multikey(1)], "witness": witness}), 1);
    let two_of_three = || first(list(2, &[7, 8, 9]));
    assert_eq!(two_of_three().fault(), Some(LogFault::Witnesses));
    assert_eq!(two_of_three().witness(&[7, 9]).fault(), None);
    for too_few in [&[7][..], &[7, 7], &[7, 1], &[1, 2, 3]] {
        assert_eq!(
            two_of_three().witness(too_few).fault(),
            Some(LogFault::Witnesses)
        );
    }
    // A proof for a later version stands for the earlier ones, never the other way round.
    assert_eq!(
        two_of_three().update(json!({}), 1).witness(&[7, 8]).fault(),
        None
    );
    let mut early = two_of_three();
    early.witness(&[7, 8]).update(json!({}), 1);
    assert_eq!(early.fault(), Some(LogFault::Witnesses));
    // A new list counts from the next entry on, the first list at once.
    assert_eq!(
        two_of_three().update(json!({"witness": {}}), 1).fault_of(1),
        Some(LogFault::Witnesses)
    );
    assert_eq!(
        two_of_three()
            .update(json!({"witness": {}}), 1)
            .witness(&[7, 8])
            .fault(),
        None
    );
    let mut replaced = two_of_three();
    replaced
        .witness(&[7, 8])
        .update(json!({"witness": list(1, &[5])}), 1)
        .witness(&[5]);
    assert_eq!(replaced.fault(), Some(LogFault::Witnesses));
    let mut begun = writer();
    begun.update(json!({"witness": list(1, &[5])}), 1);
    assert_eq!(begun.fault(), Some(LogFault::Witnesses));
    assert_eq!(begun.witness(&[5]).fault(), None);
    for bad in [
        list(0, &[7]),
        list(2, &[7]),
        list(1, &[7, 7]),
        list(1, &[]),
        json!({"threshold": "1", "witnesses": [{"id": format!("did:key:{}", multikey(7))}]}),
        json!({"threshold": 1}),
        json!({"threshold": 1, "witnesses": [{"id": "did:web:a.example"}]}),
        json!([]),
    ] {
        assert_eq!(first(bad).fault(), Some(LogFault::Parameter("witness")));
    }
    // Proofs for another DID's entry of the same number.
    let mut other = Writer::new(
        json!({"updateKeys": [multikey(1)], "witness": list(2, &[7, 8, 9]), "ttl": 1}),
        1,
    );
    other.witness(&[7, 8]);
    let mut replayed = two_of_three();
    replayed.witnesses = other.witnesses.clone();
    assert_eq!(replayed.fault(), Some(LogFault::Witnesses));
    replayed.witnesses[0]["versionId"] = replayed.last.clone().into();
    assert_eq!(replayed.fault(), Some(LogFault::Witnesses));
    let mut garbage = two_of_three();
    garbage.witnesses = vec![
        json!({"versionId": garbage.last, "proof": "x"}),
        json!(1),
        json!({}),
    ];
    assert_eq!(garbage.fault(), Some(LogFault::Witnesses));
}
