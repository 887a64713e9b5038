//! First-come coupons, exact when everybody comes at once. See `firstcome --help`.

use std::{env, path::Path, process::ExitCode};

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
