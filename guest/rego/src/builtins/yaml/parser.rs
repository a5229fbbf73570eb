//! YAML as a row of events, by libyaml, which the package OPA uses is a port of as well.
//!
//! The only unsafe code of the crate: libyaml was translated from C.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use libyaml_rs as sys;

use super::node::syntax;
use crate::builtins::BuiltinError;

/// What a text consists of.
#[derive(Debug)]
pub enum Event {
    Scalar {
        anchor: Option<String>,
        tag: String,
        text: String,
        style: Style,
    },
    Alias(String),
    Sequence {
        anchor: Option<String>,
        tag: String,
    },
    Mapping {
        anchor: Option<String>,
        tag: String,
    },
    /// The end of a sequence or mapping.
    End,
    /// The beginning of a document, and the version of YAML it says it is in.
    Document(Option<(i32, i32)>),
    /// Other beginnings and ends.
    Mark,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    /// Between quotes, from one character of the whole text to another.
    DoubleQuoted(usize, usize),
    Other,
}

/// Reads events one by one.
pub struct Parser<'text> {
    /// INVARIANT: initialised; on the heap, since it may point into itself.
    sys: Box<MaybeUninit<sys::yaml_parser_t>>,
    /// INVARIANT: outlives `sys`, which points into it.
    text: PhantomData<&'text str>,
    done: bool,
}

impl<'text> Parser<'text> {
    /// A parser of this text.
    pub fn new(text: &'text str) -> Result<Self, BuiltinError> {
        let mut sys = Box::new(MaybeUninit::<sys::yaml_parser_t>::uninit());
        // SAFETY: the parser is initialised before it is used, and only handed on if that succeeded; the text is
        // borrowed for as long as the parser lives.
        unsafe {
            if sys::yaml_parser_initialize(sys.as_mut_ptr()).fail {
                return Err(syntax("no memory"));
            }
            sys::yaml_parser_set_encoding(sys.as_mut_ptr(), sys::YAML_UTF8_ENCODING);
            sys::yaml_parser_set_input_string(sys.as_mut_ptr(), text.as_ptr(), text.len() as u64);
        }
        Ok(Self {
            sys,
            text: PhantomData,
            done: false,
        })
    }

    /// The next event; `None` behind the last one.
    pub fn next(&mut self) -> Result<Option<Event>, BuiltinError> {
        if self.done {
            return Ok(None);
        }
        let mut event = MaybeUninit::<sys::yaml_event_t>::uninit();
        // SAFETY: the parser is initialised; the event is read only where parsing succeeded, each part only under
        // the type it belongs to, and deleted once, after what it holds was copied.
        unsafe {
            if sys::yaml_parser_parse(self.sys.as_mut_ptr(), event.as_mut_ptr()).fail {
                self.done = true;
                return Err(syntax("not well-formed"));
            }
            let mut event = event.assume_init();
            let read = read(&event);
            self.done = event.type_ == sys::YAML_STREAM_END_EVENT;
            sys::yaml_event_delete(&raw mut event);
            Ok(if self.done { None } else { Some(read) })
        }
    }
}

impl Drop for Parser<'_> {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and is not used again.
        unsafe { sys::yaml_parser_delete(self.sys.as_mut_ptr()) }
    }
}

/// # Safety
///
/// The event must be one that libyaml made, not yet deleted.
unsafe fn read(event: &sys::yaml_event_t) -> Event {
    // SAFETY: each variant of the union is the one of the event's type.
    unsafe {
        match event.type_ {
            sys::YAML_SCALAR_EVENT => {
                let scalar = &event.data.scalar;
                let length = usize::try_from(scalar.length).unwrap_or_default();
                let bytes = std::slice::from_raw_parts(scalar.value, length);
                Event::Scalar {
                    anchor: name(scalar.anchor),
                    tag: name(scalar.tag).unwrap_or_default(),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    style: match scalar.style {
                        sys::YAML_PLAIN_SCALAR_STYLE => Style::Plain,
                        sys::YAML_DOUBLE_QUOTED_SCALAR_STYLE => {
                            let place = |mark: &sys::yaml_mark_t| {
                                usize::try_from(mark.index).unwrap_or_default()
                            };
                            Style::DoubleQuoted(place(&event.start_mark), place(&event.end_mark))
                        }
                        _ => Style::Other,
                    },
                }
            }
            sys::YAML_ALIAS_EVENT => {
                Event::Alias(name(event.data.alias.anchor).unwrap_or_default())
            }
            sys::YAML_SEQUENCE_START_EVENT => {
                let start = &event.data.sequence_start;
                Event::Sequence {
                    anchor: name(start.anchor),
                    tag: name(start.tag).unwrap_or_default(),
                }
            }
            sys::YAML_MAPPING_START_EVENT => {
                let start = &event.data.mapping_start;
                Event::Mapping {
                    anchor: name(start.anchor),
                    tag: name(start.tag).unwrap_or_default(),
                }
            }
            sys::YAML_SEQUENCE_END_EVENT | sys::YAML_MAPPING_END_EVENT => Event::End,
            sys::YAML_DOCUMENT_START_EVENT => {
                let version = event.data.document_start.version_directive;
                Event::Document(
                    version
                        .as_ref()
                        .map(|version| (version.major, version.minor)),
                )
            }
            _ => Event::Mark,
        }
    }
}

/// # Safety
///
/// The pointer must be null, or to a text that ends with a zero.
unsafe fn name(text: *const u8) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it ends with a zero.
    let text = unsafe { CStr::from_ptr(text.cast()) };
    Some(text.to_string_lossy().into_owned())
}
