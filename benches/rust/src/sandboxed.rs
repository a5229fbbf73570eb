//! regorus' evaluators in a component of their own: what `just peer` builds.

use std::path::Path;

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Config, Engine, Result, Store};

use crate::case::Case;

/// Where `just peer` puts it.
const COMPONENT: &str = "../../target/guest/wasm32-wasip2/guest/examples/peer.wasm";

/// One of regorus' evaluators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluator {
    /// The interpreter.
    Interpreter,
    /// The virtual machine.
    Machine,
}

/// A component with a policy in it.
pub struct Sandboxed {
    store: Store<()>,
    decide: TypedFunc<(&'static str,), (String,)>,
}

impl Sandboxed {
    /// Loads a case's policy. `None` if the component was not built.
    ///
    /// # Errors
    ///
    /// The engine does not take it.
    pub fn open(evaluator: Evaluator, case: &Case) -> Result<Option<Self>> {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMPONENT);
        if !built.exists() {
            return Ok(None);
        }
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let component = Component::from_file(&engine, built)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        linker.allow_shadowing(true);
        for (name, _) in component.component_type().imports(&engine) {
            // What std's hash maps want. Nothing else is called.
            if name.starts_with("wasi:random/insecure-seed@") {
                let mut random = linker.instance(name)?;
                random.func_wrap("insecure-seed", |_, ()| Ok(((1_u64, 2_u64),)))?;
            }
        }
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = linker.instantiate(&mut store, &component)?;
        let load = instance.get_typed_func::<(bool, &str, &str), ()>(&mut store, "load")?;
        let machine = evaluator == Evaluator::Machine;
        load.call(&mut store, (machine, &case.policy, &case.query()))?;
        let decide = instance.get_typed_func(&mut store, "decide")?;
        Ok(Some(Self { store, decide }))
    }

    /// Decides, JSON in and out.
    ///
    /// # Errors
    ///
    /// The evaluator fails.
    pub fn decide(&mut self, input: &'static str) -> Result<String> {
        self.store.set_epoch_deadline(1);
        Ok(self.decide.call(&mut self.store, (input,))?.0)
    }
}
