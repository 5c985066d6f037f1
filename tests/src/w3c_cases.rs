//! The cases of the W3C's suite for VC Data Model 2.0: members that make a good credential another good one, or one that nobody
//! may sign.

use serde_json::{Value, json};

/// The base context.
pub const V2: &str = "https://www.w3.org/ns/credentials/v2";
/// The examples' context.
pub const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// A good document with some members replaced, or removed where the value is `"@remove"`.
pub fn with(mut document: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if *value == json!("@remove") {
            document.as_object_mut().unwrap().remove(name);
        } else {
            document[name.as_str()] = value.clone();
        }
    }
    document
}

/// A good credential, not signed.
pub fn credential() -> Value {
    json!({
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"}
    })
}

fn term(name: &str) -> Value {
    json!({ name: format!("https://example.org/examples#{name}") })
}

fn text(value: &str) -> Value {
    json!({"@value": value, "@language": "en"})
}

/// Documents that an issuer must sign.
pub fn good() -> Vec<(&'static str, Value)> {
    let languages = json!([text("Dog"), {"@value": "Chien", "@language": "fr"}]);
    let direction = json!({"@value": "Example", "@language": "en", "@direction": "ltr"});
    let status = json!({"id": "did:example:status", "type": "Example2017"});
    let schema = |n: u8| json!({"id": format!("did:example:schemas/{n}"), "type": "https://example.org/#Schema"});
    let named = || json!([V2, term("Example2017")]);
    let sri = "sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg";
    vec![
        ("no more than is needed", json!({})),
        (
            "4.3 a second context by its URL",
            json!({"@context": [V2, EXAMPLES]}),
        ),
        (
            "4.3 a second context as an object",
            json!({"@context": [V2, term("Example")], "type": ["VerifiableCredential", "Example"]}),
        ),
        (
            "4.4 an id",
            json!({"id": "https://example.org/credentials/1"}),
        ),
        (
            "4.4 an id of another scheme",
            json!({"id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d"}),
        ),
        (
            "4.5 a type that is a URL",
            json!({"type": ["VerifiableCredential", "https://example.org/#Example"]}),
        ),
        (
            "4.5 types in another order",
            json!({"type": ["https://example.org/#Example", "VerifiableCredential"]}),
        ),
        (
            "4.5 a type of a known context",
            json!({"@context": [V2, EXAMPLES], "type": ["VerifiableCredential", "RelationshipCredential"]}),
        ),
        (
            "4.5 typed evidence",
            json!({"@context": named(), "evidence": {"type": "Example2017"}}),
        ),
        (
            "4.5 typed terms of use",
            json!({"@context": named(), "termsOfUse": {"type": "Example2017"}}),
        ),
        ("4.6 a name", json!({"name": "Example"})),
        (
            "4.6 a name with its language",
            json!({"name": text("Example")}),
        ),
        ("4.6 a name with its direction", json!({"name": direction})),
        ("4.6 names of several languages", json!({"name": languages})),
        ("4.6 a description", json!({"description": "Example"})),
        (
            "4.6 a description with its language",
            json!({"description": text("Example")}),
        ),
        (
            "4.6 a description with its direction",
            json!({"description": direction}),
        ),
        (
            "4.6 descriptions of several languages",
            json!({"description": languages}),
        ),
        (
            "4.6 an issuer's name",
            json!({"issuer": {"name": "Example"}}),
        ),
        (
            "4.6 an issuer's name with its language",
            json!({"issuer": {"name": text("Example")}}),
        ),
        (
            "4.6 an issuer's name with its direction",
            json!({"issuer": {"name": direction}}),
        ),
        (
            "4.6 an issuer's names of several languages",
            json!({"issuer": {"name": languages}}),
        ),
        (
            "4.6 an issuer's description",
            json!({"issuer": {"description": "Example"}}),
        ),
        (
            "4.6 an issuer's description with its direction",
            json!({"issuer": {"description": direction}}),
        ),
        (
            "4.6 an issuer's descriptions",
            json!({"issuer": {"description": languages}}),
        ),
        ("4.7 an issuer that is an object", json!({"issuer": {}})),
        (
            "4.8 several subjects",
            json!({"credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}]}),
        ),
        (
            "4.9 validFrom with milliseconds",
            json!({"validFrom": "2022-05-10T15:48:52.123Z"}),
        ),
        (
            "4.9 validFrom with a zone",
            json!({"validFrom": "2022-05-10T11:48:52-04:00"}),
        ),
        (
            "4.9 validFrom far ahead",
            json!({"validFrom": "2999-01-01T00:00:00Z"}),
        ),
        (
            "4.9 validUntil",
            json!({"validUntil": "2999-05-10T15:48:52Z"}),
        ),
        (
            "4.9 validUntil with milliseconds",
            json!({"validUntil": "2999-05-10T15:48:52.123Z"}),
        ),
        (
            "4.9 validUntil with a zone",
            json!({"validUntil": "2999-05-10T11:48:52+02:00"}),
        ),
        (
            "4.9 validFrom before validUntil",
            json!({"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2999-01-01T00:00:00Z"}),
        ),
        (
            "4.10 a status",
            json!({"@context": named(), "credentialStatus": status}),
        ),
        (
            "4.10 a status without id",
            json!({"@context": named(), "credentialStatus": {"type": "Example2017"}}),
        ),
        ("4.11 a schema", json!({"credentialSchema": schema(1)})),
        (
            "4.11 several schemas",
            json!({"credentialSchema": [schema(1), schema(2)]}),
        ),
        (
            "5.3 a related resource",
            json!({"relatedResource": {"id": V2, "digestSRI": sri}}),
        ),
        (
            "5.3 a related resource with its media type",
            json!({"relatedResource": [{"id": V2, "mediaType": "application/ld+json", "digestSRI": sri}]}),
        ),
        (
            "5.4 a refresh service",
            json!({"refreshService": {"type": "https://example.org/#Refresh", "id": "did:example:refresh/1"}}),
        ),
        (
            "5.4 several refresh services",
            json!({"refreshService": [{"type": "https://example.org/#A"}, {"type": "https://example.org/#B"}]}),
        ),
        (
            "5.5 terms of use",
            json!({"@context": named(), "termsOfUse": [{"type": "Example2017"}, {"type": "Example2017"}]}),
        ),
        (
            "5.5 terms of use with id",
            json!({"@context": named(), "termsOfUse": {"type": "Example2017", "id": "did:example:terms/1"}}),
        ),
        (
            "5.6 evidences",
            json!({"@context": named(), "evidence": [{"type": "Example2017"}, {"type": "Example2017"}]}),
        ),
    ]
}

/// Documents that nobody may sign.
pub fn bad() -> Vec<(&'static str, Value)> {
    let extra = json!({"@value": "Example", "@language": "en", "url": "did:example:x"});
    let named = || json!([V2, term("Example2017")]);
    let not_a_url = "https ://not-a-url/x";
    vec![
        ("4.3 no context", json!({"@context": "@remove"})),
        ("4.3 no base context", json!({"@context": [EXAMPLES]})),
        (
            "4.3 the base context second",
            json!({"@context": [EXAMPLES, V2]}),
        ),
        (
            "4.3 a context that is no URL",
            json!({"@context": [V2, not_a_url]}),
        ),
        (
            "4.3 a context that is a number",
            json!({"@context": [V2, 123_192_875]}),
        ),
        (
            "4.4 several ids",
            json!({"id": ["https://example.org/1", "https://example.org/2"]}),
        ),
        ("4.4 an id that is null", json!({"id": null})),
        ("4.4 an id that is no URL", json!({"id": not_a_url})),
        (
            "4.4 a subject of several ids",
            json!({"credentialSubject": {"id": ["did:example:a", "did:example:b"]}}),
        ),
        ("4.5 no type", json!({"type": "@remove"})),
        (
            "4.5 not the type of a credential",
            json!({"@context": [V2, EXAMPLES], "type": ["RelationshipCredential"]}),
        ),
        (
            "4.5 a type that means no URL",
            json!({"@context": [V2, {"Example": "https ://not-a-url#Example"}], "type": ["VerifiableCredential", "Example"]}),
        ),
        (
            "4.5 a type that means nothing",
            json!({"type": ["VerifiableCredential", "Example"]}),
        ),
        (
            "4.5 a status without type",
            json!({"credentialStatus": {"id": "did:example:status"}}),
        ),
        ("4.5 terms of use without type", json!({"termsOfUse": {}})),
        ("4.5 evidence without type", json!({"evidence": {}})),
        (
            "4.5 a refresh service without type",
            json!({"refreshService": {"id": "did:example:refresh/1"}}),
        ),
        (
            "4.5 a schema without type",
            json!({"credentialSchema": {"id": "did:example:schemas/1"}}),
        ),
        ("4.6 a name with more members", json!({"name": extra})),
        (
            "4.6 a description with more members",
            json!({"description": extra}),
        ),
        (
            "4.6 an issuer's name with more members",
            json!({"issuer": {"name": extra}}),
        ),
        (
            "4.6 an issuer's description with more members",
            json!({"issuer": {"description": extra}}),
        ),
        (
            "4.7 an issuer that is no URL",
            json!({"issuer": "fake-issuer"}),
        ),
        ("4.7 an issuer that is null", json!({"issuer": null})),
        (
            "4.7 an issuer whose id is null",
            json!({"issuer": {"id": null}}),
        ),
        (
            "4.7 an issuer whose id is no URL",
            json!({"issuer": {"id": "fake-issuer"}}),
        ),
        ("4.8 no subject", json!({"credentialSubject": "@remove"})),
        (
            "4.8 a subject without claims",
            json!({"credentialSubject": {}}),
        ),
        (
            "4.8 one of several without claims",
            json!({"credentialSubject": [{"id": "did:example:a"}, {}]}),
        ),
        (
            "4.9 validFrom that is no time",
            json!({"validFrom": "2022-05-10"}),
        ),
        (
            "4.9 validUntil that is no time",
            json!({"validUntil": "2022-05-10"}),
        ),
        (
            "4.9 validFrom after validUntil",
            json!({"validFrom": "2999-01-01T00:00:00Z", "validUntil": "2020-01-01T00:00:00Z"}),
        ),
        (
            "4.10 a status of several ids",
            json!({"@context": named(), "credentialStatus": {"id": ["did:example:1", "did:example:2"], "type": "Example2017"}}),
        ),
        (
            "4.10 a status whose id is no URL",
            json!({"@context": named(), "credentialStatus": {"id": not_a_url, "type": "Example2017"}}),
        ),
        (
            "4.10 a status whose type is a number",
            json!({"credentialStatus": {"id": "did:example:1", "type": 2}}),
        ),
        (
            "4.11 a schema without id",
            json!({"credentialSchema": {"type": "https://example.org/#Schema"}}),
        ),
        (
            "4.11 a schema whose id is no URL",
            json!({"credentialSchema": {"type": "https://example.org/#Schema", "id": not_a_url}}),
        ),
        (
            "5.2 a protected term redefined",
            json!({"@context": [V2, {"VerifiableCredential": "https://example.org/#Bad"}]}),
        ),
        (
            "5.2 a term that a context protects, redefined by another",
            json!({
                "@context": [V2, {"@protected": true, "Example": "https://example.org/#A"}, {"Example": "https://example.org/#B"}],
                "type": ["VerifiableCredential", "Example"]
            }),
        ),
        (
            "5.3 related resources as texts",
            json!({"relatedResource": [V2]}),
        ),
        (
            "5.3 a related resource without id",
            json!({"relatedResource": [{"digestSRI": "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}]}),
        ),
        (
            "5.3 one related resource twice",
            json!({"relatedResource": [
                {"id": V2, "digestSRI": "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="},
                {"id": V2, "digestSRI": "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}
            ]}),
        ),
        (
            "5.3 a related resource without digest",
            json!({"relatedResource": [{"id": V2}]}),
        ),
        (
            "5.3 a digest of the wrong length",
            json!({"relatedResource": [{"id": V2, "digestSRI": "sha384-_rCVIV7fSXXTNIvpiq26jRDyj8JG8TDjij-tD0ewLk4JpnXEz6a5AeeY_1qQ0d0P"}]}),
        ),
        (
            "bitstring: a status entry that is malformed",
            json!({"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation",
                "statusListIndex": true, "statusListCredential": "https://example.com"}}),
        ),
        (
            "bitstring: a member that no context defines",
            json!({"statusEntry": {"type": "BitstringStatusListEntry", "statusListCredential": "https://example.com"}}),
        ),
    ]
}
