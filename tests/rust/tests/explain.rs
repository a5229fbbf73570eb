//! What the rule index can tell apart, told by the host.

use sark_policy::{Error, Tried};
use sark_policy_tests::{bundle, open, settings};

const POLICY: &str = r#"package p

allow if input.role == "admin"

allow if lower(input.role) == "root"

only if input.x == 1
"#;

#[test]
fn a_rule_with_several_definitions_is_explained() {
    let host = open(&bundle("r1", POLICY), settings());
    let [allow] = &host.explain_index().unwrap()[..] else {
        panic!("one rule has several definitions");
    };
    assert_eq!((allow.rule.as_str(), allow.definitions), ("p/allow", 2));
    assert_eq!(allow.asks, ["input.role =="]);
    let [Tried { file, row, reasons }] = &allow.tried[..] else {
        panic!("{:?}", allow.tried);
    };
    assert_eq!((file.as_str(), *row), ("policy.rego", 5));
    assert_eq!(reasons, &["`lower` is not asked"]);
    host.close();
    assert!(matches!(host.explain_index(), Err(Error::Closed)));
}
