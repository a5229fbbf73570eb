//! The floor of a crossing: a component that takes a text and gives back its length, doing nothing.

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Config, Engine, Result, Store};

/// Takes what `decide` takes, gives what it gives.
const COMPONENT: &str = r#"(component
  (core module $m
    (memory (export "memory") 32)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "echo") (param i32 i64 i32 i32) (result i64) local.get 3 i64.extend_i32_u))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "entrypoint" u32) (param "now" u64) (param "input" string) (result u64)
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;

/// An instance of it, set up as the host sets up its own.
pub struct Echo {
    store: Store<()>,
    echo: TypedFunc<(u32, u64, &'static str), (u64,)>,
}

impl Echo {
    /// Compiles and instantiates it.
    ///
    /// # Errors
    ///
    /// The engine does not take it.
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, wat::parse_str(COMPONENT)?)?;
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = Linker::new(&engine).instantiate(&mut store, &component)?;
        let echo = instance.get_typed_func(&mut store, "echo")?;
        Ok(Self { store, echo })
    }

    /// Crosses once with a text.
    ///
    /// # Errors
    ///
    /// The call traps.
    pub fn call(&mut self, text: &'static str) -> Result<u64> {
        self.store.set_epoch_deadline(1);
        Ok(self.echo.call(&mut self.store, (0, 0, text))?.0)
    }
}
