//! `make bench`: how fast Doorward answers, in proportion to what this computer can do at all.
//!
//! Requests per second say little: computers differ, and so does one computer from minute to minute. So each run
//! measures *floors* too, in the same rounds: an HTTP server that does nothing, a transaction that does nothing but
//! insert, and a server that does nothing but insert. The goals are ratios.
//!
//! Everything that is measured runs in a process of its own, which is this program started again ([`child`]): its memory
//! is its own, and to Doorward the client is another program, as in life. The load comes from this process ([`load`]).

use anyhow::{Result, bail};

mod child;
mod chunks;
mod courses;
mod floors;
mod goals;
mod idle;
mod load;
mod lookups;
mod overhead;
mod pace;
mod plot;
mod population;
mod report;
mod results;
mod rounds;
mod streams;
mod subject;
mod wire;

use child::{Child, Role};
use pace::Pace;

const USAGE: &str = "doorward-bench [--quick]

  --quick   under a minute instead of ten, to see that it works: too short for numbers to rely on";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => measure(&Pace::FULL),
        ["--quick"] => measure(&Pace::QUICK),
        // What this program starts itself as.
        ["serve", role, folder, upstream] => child::serve(Role::named(role)?, folder.as_ref(), upstream),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

fn measure(pace: &Pace) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its numbers say nothing. Use `make bench`.");
    }
    let results = rounds::run(pace)?;
    let goals = goals::judge(&results);
    report::print(&results, &goals);
    let path = report::write(&results, &goals)?;
    println!("\nAll of it: {}, and a picture of the growth beside it.", path.display());
    Ok(())
}
