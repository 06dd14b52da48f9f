//! x
#![allow(dead_code,missing_docs,unreachable_pub)]
mod error; mod private_file; pub mod session; mod token; pub mod url; mod place;
