//! The sandbox: the engine, the compiled component, and what is linked to it.
//!
//! The component may import randomness only, and `exit`. Randomness is linked, and nothing else: not even a clock,
//! since every call brings its `now`. All else is a trap, so that not even a bug could open a file.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, ResourceLimiter};

use crate::bindings::SandboxPre;
use crate::error::Error;
use crate::{aot, ticker};

/// The component that this crate embeds.
pub const COMPONENT: &[u8] = include_bytes!(env!("SARK_POLICY_COMPONENT"));

/// Most native stack of a call, in bytes. Below the 2 MiB of a thread that Rust starts.
const STACK: usize = 1 << 20;

/// Everything that instances share. There is one a process.
pub(crate) struct Sandbox {
    pub engine: Engine,
    pub component: SandboxPre<State>,
}

/// What a store holds beside the instance: its memory limit.
pub(crate) struct State {
    pub memory: usize,
    pub memory_refused: bool,
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory_refused |= desired > self.memory;
        Ok(desired <= self.memory)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The component's own table has some thousand elements and never grows.
        Ok(desired <= 100_000)
    }
}

impl Sandbox {
    /// The sandbox of this process; the first caller's folder for compiled code counts.
    pub fn shared(aot_folder: Option<&Path>) -> Result<Arc<Self>, Error> {
        static SHARED: Mutex<Option<Arc<Sandbox>>> = Mutex::new(None);
        let mut shared = SHARED.lock();
        if let Some(sandbox) = &*shared {
            return Ok(Arc::clone(sandbox));
        }
        let sandbox = Arc::new(Self::new(aot_folder).map_err(Error::unavailable)?);
        *shared = Some(Arc::clone(&sandbox));
        Ok(sandbox)
    }

    fn new(aot_folder: Option<&Path>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true).max_wasm_stack(STACK);
        let engine = Engine::new(&config)?;
        let component = aot::load(&engine, COMPONENT, aot_folder)?;
        let linker = link(&engine, &component)?;
        ticker::start(&engine)?;
        Ok(Self {
            component: SandboxPre::new(linker.instantiate_pre(&component)?)?,
            engine,
        })
    }
}

fn link(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    for (name, _) in component.component_type().imports(engine) {
        if name.starts_with("wasi:random/insecure-seed@") {
            // The seed of the standard library's hash maps.
            linker
                .instance(name)?
                .func_wrap("insecure-seed", |_, (): ()| {
                    Ok(((getrandom::u64()?, getrandom::u64()?),))
                })?;
        } else if name.starts_with("wasi:random/random@") {
            let mut random = linker.instance(name)?;
            random.func_wrap("get-random-u64", |_, (): ()| Ok((getrandom::u64()?,)))?;
            random.func_wrap("get-random-bytes", |_, (len,): (u64,)| {
                // `uuid.rfc4122` takes 16 at a time.
                let mut bytes = vec![0; usize::try_from(len)?.min(4096)];
                getrandom::fill(&mut bytes)?;
                Ok((bytes,))
            })?;
        }
    }
    linker.define_unknown_imports_as_traps(component)?;
    Ok(linker)
}
