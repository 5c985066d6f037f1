use serde_json::Value;
use std::collections::BTreeSet;

use super::OPENAPI;
use super::routes::table;

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

#[test]
fn openapi_describes_every_route_and_nothing_else() {
    let document = document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let routed: BTreeSet<(String, String)> = table()
        .into_iter()
        // OpenAPI has no word for "the rest of the path".
        .map(|(method, path, _)| (method.to_string(), path.replace("{*", "{")))
        .collect();
    assert_eq!(described, routed);
    assert_eq!(routed.len(), table().len(), "no route twice");
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_schema_is_there_and_used() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<String> = schemas
        .keys()
        .map(|name| format!("#/components/schemas/{name}"))
        .collect();
    assert_eq!(named, found.into_iter().map(str::to_owned).collect());
}
