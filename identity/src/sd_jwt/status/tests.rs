use super::*;

fn list(bits: u64, values: &[u8]) -> StatusList {
    StatusList::of_values(EntryBits::new(bits).unwrap(), values.iter().copied()).unwrap()
}

/// draft-ietf-oauth-status-list-20, section 4.1: both examples.
#[test]
fn examples_of_the_draft() {
    let one = list(1, &[1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    assert_eq!(one.encode().unwrap(), "eNrbuRgAAhcBXQ");
    assert_eq!(
        StatusList::decode("eNrbuRgAAhcBXQ", EntryBits::ONE),
        Ok(one)
    );
    let two = list(2, &[1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
    let text = base64url(&hex::decode("78da3be9f2130003df0207").unwrap());
    assert_eq!(two.encode().unwrap(), text);
    let read = StatusList::decode(&text, EntryBits::TWO).unwrap();
    assert_eq!(read, two);
    assert_eq!(
        (read.get(3), read.get(4), read.get(12)),
        (Some(3), Some(0), None)
    );
    assert_eq!(read.get(u64::MAX), None);
}

fn base64url(bytes: &[u8]) -> String {
    super::super::base64url::encode(bytes)
}
