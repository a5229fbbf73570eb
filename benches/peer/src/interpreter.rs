//! regorus' interpreter.

use regorus::Engine;

/// A policy, read.
pub struct Interpreter {
    engine: Engine,
    query: String,
}

impl Interpreter {
    /// Reads a policy, of which this rule is asked: `data.mcp.gateway.result`.
    #[must_use]
    pub fn new(policy: &str, query: &str) -> Self {
        let mut engine = Engine::new();
        engine
            .add_policy("policy.rego".to_owned(), policy.to_owned())
            .unwrap();
        Self {
            engine,
            query: query.to_owned(),
        }
    }

    /// Decides, JSON in and out.
    pub fn decide(&mut self, input: &str) -> String {
        self.engine.set_input(serde_json::from_str(input).unwrap());
        let value = self.engine.eval_rule(self.query.clone()).unwrap();
        serde_json::to_string(&value).unwrap()
    }
}
