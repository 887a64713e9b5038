//! First-come coupons, exact when everybody comes at once. See `firstcome --help`.

use std::{env, path::Path, process::ExitCode};

use mimalloc::MiMalloc;

/// A request is dozens of small allocations, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let environment: Vec<_> = env::vars_os().collect();
    match firstcome::command_line::parse(env::args_os(), &environment, Path::new("")) {
        Ok(command) => firstcome::run(command).into(),
        Err(error) => {
            error.print();
            error.exit().into()
        }
    }
}
