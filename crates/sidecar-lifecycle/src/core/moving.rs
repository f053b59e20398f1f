//! What the table in `sidecar.rs` does when a port that was free is taken at the bind.
//!
//! Between the test of a port and the server's own bind somebody else may take it. Where another
//! port will do, that is no crash: the next run begins at once, on another one.

use super::effect::{Notice, Order};
use super::input::ExitStatus;
use super::run::{Run, Then, Turn};
use super::sidecar::Sidecar;

/// Moves in a row that are no crash. A server that calls every port taken would move for ever.
const MOST_MOVES: u32 = 20;

impl Sidecar {
    /// The leader runs, and has found its port taken.
    pub(super) fn port_taken(&mut self, turn: &mut Turn<'_>, port: u16) {
        let reason = format!("port {port} is taken");
        let then = if self.moves_from(turn, Some(port)) {
            Then::Elsewhere
        } else {
            self.crashed(turn, None, reason.clone())
        };
        self.stop(turn, &reason, then);
    }

    /// The leader has ended because its port is taken.
    pub(super) fn ended_at_its_port(&mut self, turn: &mut Turn<'_>, status: ExitStatus) {
        let port = self.run.as_ref().and_then(|run| run.port);
        self.leader_is_gone(turn, status);
        let then = if self.moves_from(turn, port) {
            Then::Elsewhere
        } else {
            let which = port.map_or("its port".to_owned(), |port| format!("port {port}"));
            self.crashed_with(turn, status, &format!(": {which} is taken"))
        };
        self.end_tree(turn, then, false);
    }

    /// Whether another port is tried; if so, it is told.
    fn moves_from(&mut self, turn: &mut Turn<'_>, port: Option<u16>) -> bool {
        let (Some(run), Some(port)) = (self.run.as_ref().map(Run::id), port) else {
            return false;
        };
        if !self.policy.can_move || self.moves >= MOST_MOVES {
            return false;
        }
        self.moves += 1;
        turn.order(self.id, Order::Publish(Notice::PortTaken { run, port }));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bench::{Bench, checked, restarting};
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::super::state::Phase;
    use super::*;

    fn movable() -> Policy {
        Policy {
            can_move: true,
            has_check: true,
            ..restarting()
        }
    }

    fn taken(bench: &mut Bench) -> &mut Bench {
        let run = bench.run();
        bench.fact(Fact::PortTaken { run, port: 5173 })
    }

    fn ended(bench: &mut Bench) -> &mut Bench {
        let (run, status) = (bench.run(), ExitStatus::Code(1));
        let port_taken = true;
        bench.fact(Fact::LeaderExited {
            run,
            status,
            port_taken,
        })
    }

    #[test]
    fn where_another_port_will_do_it_is_no_crash() {
        let mut bench = Bench::new(movable());
        bench.up();
        assert_eq!(
            taken(&mut bench).names(),
            ["PortTaken", "StopChecks", "Stopping", "AskStop"]
        );
        assert_eq!(
            bench.gone().names(),
            ["Stopped", "Prepare"],
            "at once, without a backoff"
        );
        bench.prepared().spawned();
        assert_eq!(
            ended(&mut bench).names(),
            ["StopChecks", "Exited", "PortTaken", "AskStop"]
        );
        assert_eq!(bench.gone().names(), ["Stopped", "Prepare"]);
    }

    #[test]
    fn where_the_port_is_fixed_it_is_a_crash_that_says_so() {
        let mut bench = Bench::new(checked());
        taken(bench.up());
        assert_eq!(bench.gone().reason(), "port 5173 is taken");
        ended(bench.up());
        assert_eq!(
            bench.gone().reason(),
            "ended with code 1 before it was ready: port 5173 is taken"
        );
    }

    /// As many moves as are allowed, from `Preparing` to `Preparing`.
    fn moves(bench: &mut Bench) -> &mut Bench {
        for _ in 0..MOST_MOVES {
            taken(bench.prepared().spawned());
            assert_eq!(bench.gone().names(), ["Stopped", "Prepare"]);
        }
        bench
    }

    #[test]
    fn moves_in_a_row_are_bounded() {
        let mut bench = Bench::new(Policy {
            max_restarts: 1,
            ..movable()
        });
        taken(moves(bench.start()).prepared().spawned());
        assert_eq!(bench.gone().reason(), "port 5173 is taken");
        taken(moves(bench.start()).prepared().spawned());
        assert_eq!(
            bench.gone().names(),
            ["Stopped", "Failed"],
            "a start began anew"
        );
    }

    #[test]
    fn once_it_was_ready_moves_are_counted_anew() {
        let mut bench = Bench::new(movable());
        moves(bench.start()).prepared().spawned();
        let run = bench.run();
        let (port, url) = (None, None);
        bench.fact(Fact::CheckPassed { run, port, url });
        bench.exited(1).gone().wait(Duration::from_secs(1));
        moves(&mut bench);
    }

    #[test]
    fn once_it_is_ready_a_taken_port_is_somebody_elses() {
        let mut bench = Bench::new(movable());
        bench.up();
        let run = bench.run();
        let (port, url) = (None, None);
        bench.fact(Fact::CheckPassed { run, port, url });
        assert_eq!(taken(&mut bench).names(), [""; 0]);
        ended(&mut bench).gone();
        assert_eq!(bench.state().1, Phase::Waiting, "it crashed");
    }

    #[test]
    fn a_stop_while_it_moves_is_a_stop() {
        let mut bench = Bench::new(movable());
        taken(bench.up()).stop().gone();
        assert_eq!(bench.state().1, Phase::Idle);
    }
}
