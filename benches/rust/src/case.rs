//! The policies that are measured, each with an input and what it answers.

use std::fmt::Write as _;

/// A policy, an input, and the answer: without the right one nothing is measured.
pub struct Case {
    /// Its name in `area/case`.
    pub name: &'static str,
    /// The module.
    pub policy: String,
    /// The data, as JSON; empty where there is none.
    pub data: String,
    /// What is asked, as `decide` takes it.
    pub entrypoint: &'static str,
    /// The input, as JSON.
    pub input: &'static str,
    /// The answer, as JSON.
    pub answer: &'static str,
}

impl Case {
    /// The example policy: 12 rules that a gateway could have.
    #[must_use]
    pub fn example() -> Self {
        Self {
            name: "example",
            policy: crate::POLICY.to_owned(),
            data: String::new(),
            entrypoint: crate::ENTRYPOINT,
            input: crate::INPUT.trim_ascii_end(),
            answer: crate::ANSWER,
        }
    }

    /// So many rules of which an index finds the one that holds: each wants another user.
    #[must_use]
    pub fn equal(rules: u32) -> Self {
        let mut policy = String::from("package bench\n\ndefault allow := false\n\n");
        for rule in 0..rules {
            let _ = writeln!(
                policy,
                "allow if {{ input.user.id == \"user-{rule}\"; input.action == \"read\" }}"
            );
        }
        Self {
            name: match rules {
                10 => "equal-10",
                1_000 => "equal-1000",
                _ => "equal-20000",
            },
            policy,
            data: String::new(),
            entrypoint: "bench/allow",
            input: r#"{"user":{"id":"user-7","roles":["viewer"]},"action":"read"}"#,
            answer: "true",
        }
    }

    /// So many rules that no index tells apart, of which the last one holds.
    #[must_use]
    pub fn scan(rules: u32) -> Self {
        let mut policy = String::from("package bench\n\ndefault allow := false\n\n");
        for rule in 1..rules {
            let _ = writeln!(
                policy,
                "allow if {{ input.amount > {}; input.action != \"write\" }}",
                1_000 + rule
            );
        }
        policy.push_str("allow if { input.amount > 10; input.action != \"write\" }\n");
        Self {
            name: "scan-1000",
            policy,
            data: String::new(),
            entrypoint: "bench/allow",
            input: r#"{"user":{"id":"user-7"},"action":"read","amount":20}"#,
            answer: "true",
        }
    }

    /// Two rules that look one of so many users up.
    #[must_use]
    pub fn users(users: u32) -> Self {
        let mut data = String::from("{\"users\":{");
        for user in 0..users {
            let comma = if user > 0 { "," } else { "" };
            let _ = write!(
                data,
                "{comma}\"user-{user}\":{{\"role\":\"viewer\",\"level\":{}}}",
                user % 9
            );
        }
        data.push_str("}}");
        Self {
            name: match users {
                1_000 => "users-1000",
                _ => "users-100000",
            },
            policy: r#"package bench

default allow := false

user := data.users[input.user.id]

allow if { user.role == "viewer"; user.level >= 2; input.action == "read" }
"#
            .to_owned(),
            data,
            entrypoint: "bench/allow",
            input: r#"{"user":{"id":"user-7","roles":["viewer"]},"action":"read"}"#,
            answer: "true",
        }
    }

    /// Its files: the policy, and its data if it has any.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let data = Some(("data.json", self.data.as_str()));
        let data = data.filter(|(_, data)| !data.is_empty());
        [("policy.rego", self.policy.as_str())]
            .into_iter()
            .chain(data)
    }

    /// What is asked, as OPA takes it.
    #[must_use]
    pub fn query(&self) -> String {
        format!("data.{}", self.entrypoint.replace('/', "."))
    }
}
