//! What the host is told to do, and how it does it.

use std::str::FromStr;
use std::time::Duration;

use crate::reader;
use sidecar_lifecycle::{Engine, Termination};

/// Something for the main thread.
#[derive(Debug)]
pub(crate) enum Order {
    Start,
    Stop,
    Restart(u32),
    Roll,
    Read(u64),
    Force,
    Shutdown,
    Panic,
    PanicThread,
    Abort,
    Exit,
    Return,
    Allocate(usize),
    #[cfg(windows)]
    JoinConsole,
    #[cfg(windows)]
    LeaveConsole,
    /// The system asks this program to end.
    Terminate(Termination),
    /// An orderly shutdown has come to its end.
    Down,
}

impl FromStr for Order {
    type Err = String;

    fn from_str(line: &str) -> Result<Order, String> {
        let (word, rest) = line.split_once(['*', ' ']).unwrap_or((line, ""));
        let number = || {
            rest.parse()
                .map_err(|_| format!("`{line}` lacks its number"))
        };
        Ok(match word {
            "start" => Order::Start,
            "stop" => Order::Stop,
            "restart" if rest.is_empty() => Order::Restart(1),
            "restart" => Order::Restart(number()?),
            "roll" => Order::Roll,
            "read" => Order::Read(number()?.into()),
            "force" => Order::Force,
            "shutdown" => Order::Shutdown,
            "panic" => Order::Panic,
            "panic-thread" => Order::PanicThread,
            "abort" => Order::Abort,
            "exit" => Order::Exit,
            "return" => Order::Return,
            "allocate" => Order::Allocate(number()? as usize),
            #[cfg(windows)]
            "join-console" => Order::JoinConsole,
            #[cfg(windows)]
            "leave-console" => Order::LeaveConsole,
            _ => return Err(format!("`{line}` is no order")),
        })
    }
}

/// Whether the main thread goes on after an order.
pub(crate) enum Next {
    Go,
    End,
}

/// Longer than any grace that a test sets.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);

/// Does what was ordered. `ids` are the sidecars.
pub(crate) fn obey(
    order: &Order,
    engine: &Engine,
    ids: &[String],
    memory: &mut Vec<Vec<u8>>,
    down: impl FnOnce() + Send + 'static,
) -> Result<Next, sidecar_lifecycle::Error> {
    match *order {
        Order::Start => ids.iter().try_for_each(|id| engine.start(id))?,
        Order::Stop => ids.iter().try_for_each(|id| engine.stop(id, "ordered"))?,
        Order::Restart(times) => {
            for _ in 0..times {
                ids.iter()
                    .try_for_each(|id| engine.restart(id, "ordered"))?;
            }
        }
        Order::Roll => ids.iter().try_for_each(|id| engine.roll(id, "ordered"))?,
        Order::Read(bytes) => reader::read(engine, &ids[0], bytes),
        Order::Shutdown => shut_down_beside(engine, "ordered", down),
        // As desktop apps do: the first request ends all in order, another one at once.
        Order::Terminate(t) if t.count == 1 => shut_down_beside(engine, t.name(), down),
        Order::Force | Order::Terminate(_) => engine.force(),
        Order::Panic => panic!("as ordered, in main"),
        Order::PanicThread => {
            let thread = std::thread::spawn(|| panic!("as ordered, in a thread"));
            // Its panic is the whole point.
            let _ = thread.join();
        }
        Order::Abort => abort(),
        Order::Exit => std::process::exit(0),
        // Written to, or it would not be there.
        Order::Allocate(mib) => memory.push(vec![1; mib << 20]),
        #[cfg(windows)]
        Order::JoinConsole => crate::console::join(),
        #[cfg(windows)]
        Order::LeaveConsole => crate::console::leave(),
        Order::Return | Order::Down => return Ok(Next::End),
    }
    Ok(Next::Go)
}

/// Ends the fleet on a thread: the main thread goes on to take orders, a second signal among them.
fn shut_down_beside(engine: &Engine, reason: &str, down: impl FnOnce() + Send + 'static) {
    let (engine, reason) = (engine.clone(), reason.to_owned());
    std::thread::spawn(move || {
        // Whether it is complete is for the test to see, in the process table.
        let _ = engine.shutdown(&reason, SHUTDOWN_LIMIT);
        down();
    });
}

/// Dies by SIGABRT, and leaves no core file in the project.
fn abort() -> ! {
    #[cfg(unix)]
    forbid_core_files();
    std::process::abort()
}

#[cfg(unix)]
fn forbid_core_files() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is a valid limit and lives through the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}
