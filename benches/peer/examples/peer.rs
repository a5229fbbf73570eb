//! A component of regorus' two evaluators.
//!
//! Allocator and `memcmp` are those of our component, so that evaluators are compared and nothing else.

#[cfg(target_arch = "wasm32")]
#[path = "../../../guest/component/src/allocator.rs"]
mod allocator;
#[cfg(target_arch = "wasm32")]
#[path = "../../../guest/component/src/memcmp.rs"]
mod memcmp;

use std::cell::RefCell;

use sark_policy_peer::{Interpreter, Machine};

mod wit {
    #![expect(clippy::pedantic, reason = "generated")]

    wit_bindgen::generate!({
        inline: "package sark:peer;

            world peer {
                /// Takes a policy, and which rule is asked; `machine` compiles it for the virtual machine.
                export load: func(machine: bool, policy: string, query: string);
                /// Decides, JSON in and out.
                export decide: func(input: string) -> string;
            }",
        pub_export_macro: true,
    });
}

enum Loaded {
    Interpreter(Box<Interpreter>),
    Machine(Box<Machine>),
}

thread_local! {
    static LOADED: RefCell<Option<Loaded>> = const { RefCell::new(None) };
}

struct Peer;
wit::export!(Peer with_types_in wit);

impl wit::Guest for Peer {
    fn load(machine: bool, policy: String, query: String) {
        LOADED.set(Some(if machine {
            Loaded::Machine(Box::new(Machine::new(&policy, &query)))
        } else {
            Loaded::Interpreter(Box::new(Interpreter::new(&policy, &query)))
        }));
    }

    fn decide(input: String) -> String {
        LOADED.with_borrow_mut(|loaded| match loaded {
            Some(Loaded::Interpreter(interpreter)) => interpreter.decide(&input),
            Some(Loaded::Machine(machine)) => machine.decide(&input),
            None => String::new(),
        })
    }
}
