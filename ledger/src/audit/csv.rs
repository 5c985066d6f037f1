//! Rows as CSV (RFC 4180).

use super::{AuditRow, Opened, RowState};

const COLUMNS: [&str; 18] = [
    "height",
    "time",
    "index",
    "tx",
    "action",
    "state",
    "detail",
    "grantee",
    "grantee_name",
    "purpose",
    "categories",
    "not_before",
    "not_after",
    "max_uses",
    "audit_nym",
    "record",
    "grant",
    "warning",
];

pub(super) fn rows(rows: &[AuditRow], warning: Option<&str>) -> String {
    let mut out = line(COLUMNS.map(str::to_owned));
    for row in rows {
        out.push_str(&line(fields(row, warning)));
    }
    out
}

fn fields(row: &AuditRow, warning: Option<&str>) -> [String; 18] {
    let opened = match &row.state {
        RowState::Opened(opened) => Some(opened),
        _ => None,
    };
    let detail = match &row.state {
        RowState::Contradiction { reason } => reason,
        RowState::Unchecked { missing } => missing,
        _ => "",
    };
    let of = |field: fn(&Opened) -> String| opened.map(|opened| field(opened)).unwrap_or_default();
    [
        row.height.to_string(),
        row.time.to_string(),
        row.index.to_string(),
        row.tx.to_string(),
        match row.action {
            super::AuditAction::Grant => "grant".to_owned(),
            super::AuditAction::Access => "access".to_owned(),
        },
        row.state.name().to_owned(),
        detail.to_owned(),
        of(|o| o.grantee.to_string()),
        of(|o| o.grantee_name.clone()),
        of(|o| o.purpose.to_owned()),
        of(|o| o.categories.join(" ")),
        of(|o| text(o.not_before)),
        of(|o| text(o.not_after)),
        of(|o| text(o.max_uses)),
        of(|o| o.audit_nym.to_string()),
        of(|o| o.record.to_string()),
        of(|o| text(o.grant)),
        text(warning),
    ]
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn line(fields: [String; 18]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| quote(field)).collect();
    quoted.join(",") + "\r\n"
}

/// Quotes a field. A member may choose its name, so what a spreadsheet would take for a formula gets an apostrophe.
fn quote(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_their_field_or_become_formulas() {
        assert_eq!(quote("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quote("=1+1"), "\"'=1+1\"");
        assert_eq!(quote(""), "\"\"");
    }
}
