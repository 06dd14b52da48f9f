//! TLS that the hub itself speaks: its certificate, and a listener whose connections have shaken hands.

mod certificate;
mod listener;

pub use certificate::Certificate;
pub(crate) use listener::TlsListener;
