//! regorus' virtual machine.

use std::sync::Arc;

use regorus::Engine;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;

/// A policy, compiled and loaded.
pub struct Machine(RegoVM);

impl Machine {
    /// Compiles a policy, of which this rule is asked: `data.mcp.gateway.result`.
    #[must_use]
    pub fn new(policy: &str, query: &str) -> Self {
        let mut engine = Engine::new();
        engine
            .add_policy("policy.rego".to_owned(), policy.to_owned())
            .unwrap();
        let compiled = engine.compile_with_entrypoint(&Arc::from(query)).unwrap();
        let program = Compiler::compile_from_policy(&compiled, &[query]).unwrap();
        let mut machine = RegoVM::new();
        machine.load_program(program);
        Self(machine)
    }

    /// Decides, JSON in and out.
    pub fn decide(&mut self, input: &str) -> String {
        self.0.set_input(serde_json::from_str(input).unwrap());
        let value = self.0.execute().unwrap();
        serde_json::to_string(&value).unwrap()
    }
}
