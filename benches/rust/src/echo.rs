//! The floors of a crossing: a component that does nothing with a text.

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Config, Engine, Result, Store};

/// `length` takes what `decide` takes and gives what it gives; `echo` gives the text itself back.
const COMPONENT: &str = r#"(component
  (core module $m
    (memory (export "memory") 32)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "length") (param i32 i64 i32 i32) (result i64) local.get 3 i64.extend_i32_u)
    (func (export "echo") (param i32 i64 i32 i32) (result i32)
      i32.const 512 local.get 2 i32.store
      i32.const 516 local.get 3 i32.store
      i32.const 512))
  (core instance $i (instantiate $m))
  (func (export "length") (param "entrypoint" u32) (param "now" u64) (param "input" string) (result u64)
    (canon lift (core func $i "length")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "echo") (param "entrypoint" u32) (param "now" u64) (param "input" string) (result string)
    (canon lift (core func $i "echo")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;

type Question = (u32, u64, &'static str);

/// An instance of it, set up as the host sets up its own.
pub struct Echo {
    store: Store<()>,
    length: TypedFunc<Question, (u64,)>,
    back: TypedFunc<Question, (String,)>,
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
        let length = instance.get_typed_func(&mut store, "length")?;
        let back = instance.get_typed_func(&mut store, "echo")?;
        Ok(Self {
            store,
            length,
            back,
        })
    }

    /// Crosses once with a text, and gives its length.
    ///
    /// # Errors
    ///
    /// The call traps.
    pub fn length(&mut self, text: &'static str) -> Result<u64> {
        self.store.set_epoch_deadline(1);
        Ok(self.length.call(&mut self.store, (0, 0, text))?.0)
    }

    /// Crosses once with a text, there and back.
    ///
    /// # Errors
    ///
    /// The call traps.
    pub fn echo(&mut self, text: &'static str) -> Result<String> {
        self.store.set_epoch_deadline(1);
        Ok(self.back.call(&mut self.store, (0, 0, text))?.0)
    }
}
