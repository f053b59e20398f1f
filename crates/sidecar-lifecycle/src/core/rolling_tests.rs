//! Rolls, each in a situation that has a name.

use std::time::Duration;

use super::super::crew::Crew;
use super::super::dependencies::Condition;
use super::super::input::ExitStatus;
use super::*;

fn movable() -> Policy {
    Policy {
        can_move: true,
        restart: Restart::OnFailure,
        max_restarts: 3,
        ..Policy::default()
    }
}

const OLD: SidecarId = SidecarId(0);

fn roll(crew: &mut Crew) -> &mut Crew {
    let reason = "new version".to_owned();
    crew.say(OLD, Fact::RollRequested { reason })
}

/// One that is ready and asked to roll; and its successor.
fn rolling() -> (Crew, SidecarId) {
    let mut crew = Crew::new(&movable(), &["web"]);
    crew.start("web").runs("web");
    assert_eq!(roll(&mut crew).story(), ["web Split", "web Prepare"]);
    let successor = crew.fleet.all().last().unwrap().id();
    (crew, successor)
}

fn hand_over(crew: &mut Crew, successor: SidecarId) -> &mut Crew {
    let run = crew.run(successor);
    crew.say(successor, Fact::HandedOver { run })
}

fn orders(crew: &Crew, id: SidecarId) -> Vec<Order> {
    let own = crew.out.iter().filter(|effect| effect.sidecar == id);
    own.map(|effect| effect.order.clone()).collect()
}

fn ids(crew: &Crew) -> Vec<SidecarId> {
    crew.fleet.all().map(Sidecar::id).collect()
}

#[test]
fn the_old_one_goes_when_the_new_one_has_taken_over() {
    let (mut crew, new) = rolling();
    crew.id_runs(new);
    let (run, from) = (crew.run(new), crew.run(OLD));
    assert!(orders(&crew, new).contains(&Order::HandOver { run, from }));
    assert_eq!(crew.fleet.get(OLD).unwrap().phase(), Phase::Ready);
    hand_over(&mut crew, new);
    assert_eq!(orders(&crew, OLD)[0], Order::Replace { by: new });
    let reason = format!("replaced by run {run}");
    let told = Order::Publish(Notice::Stopping { run: from, reason });
    assert!(orders(&crew, OLD).contains(&told));
    assert_eq!(
        crew.fleet.get(new).unwrap().policy,
        movable(),
        "the old one's"
    );
    crew.id_gone(OLD);
    assert_eq!(crew.out.last().unwrap().order, Order::Forget);
    assert_eq!(ids(&crew), [new]);
    assert_eq!(crew.story().last().unwrap(), "- Forget");
}

#[test]
fn a_new_run_that_fails_leaves_the_old_one_serving() {
    let (mut crew, new) = rolling();
    crew.id_runs(new).id_exited(new, 1).id_gone(new);
    let reason = "the new run failed: ended with code 1".to_owned();
    assert_eq!(
        orders(&crew, OLD),
        [Order::Publish(Notice::RollFailed { reason })]
    );
    assert_eq!(orders(&crew, new).last(), Some(&Order::Forget));
    assert_eq!((ids(&crew), crew.phase("web")), (vec![OLD], Phase::Ready));
    assert!(
        roll(&mut crew).story().contains(&"web Split".to_owned()),
        "the next may"
    );
}

#[test]
fn a_hand_over_that_fails_ends_the_new_one() {
    let (mut crew, new) = rolling();
    let run = crew.id_runs(new).run(new);
    let reason = "proxy is down".to_owned();
    crew.say(new, Fact::HandOverFailed { run, reason });
    assert_eq!(
        crew.story(),
        [
            "web RollFailed",
            "web StopChecks",
            "web Stopping",
            "web AskStop"
        ]
    );
    hand_over(&mut crew, new);
    assert_eq!(crew.story(), [""; 0], "too late");
    assert_eq!(
        crew.start("web").id_gone(new).out.last().unwrap().order,
        Order::Forget
    );
    assert_eq!((ids(&crew), crew.phase("web")), (vec![OLD], Phase::Ready));
}

#[test]
fn a_stop_or_restart_of_the_old_one_cancels_it() {
    for stop in [true, false] {
        let (mut crew, new) = rolling();
        crew.id_runs(new);
        if stop {
            crew.stop("web");
        } else {
            crew.restart("web");
        }
        hand_over(&mut crew, new);
        assert_eq!(crew.story(), [""; 0], "too late");
        crew.say(new, Fact::StartRequested);
        crew.id_gone(new);
        assert_eq!(ids(&crew), [OLD], "it cannot be started any more");
        crew.id_gone(OLD);
        assert_eq!(crew.fleet.all_down(), stop);
    }
}

#[test]
fn at_the_host_s_exit_both_go() {
    let (mut crew, new) = rolling();
    crew.id_runs(new);
    let reason = "shutdown".to_owned();
    crew.say(OLD, Fact::HostExiting { reason });
    crew.id_gone(new).id_gone(OLD);
    assert!(crew.fleet.all_down());
    assert_eq!(ids(&crew), [OLD]);
}

#[test]
fn an_old_one_that_ends_does_not_begin_beside_the_new_one() {
    let (mut crew, new) = rolling();
    crew.id_exited(OLD, 1)
        .id_gone(OLD)
        .wait(Duration::from_secs(1));
    assert_eq!(crew.fleet.get(OLD).unwrap().phase(), Phase::Waiting);
    assert_eq!(crew.fleet.next_deadline(), None);
    crew.id_runs(new);
    hand_over(&mut crew, new);
    assert_eq!(crew.out.last().unwrap().order, Order::Forget);
    assert_eq!(ids(&crew), [new]);
}

#[test]
fn an_old_one_that_has_ended_begins_again_when_the_roll_fails() {
    let (mut crew, new) = rolling();
    crew.id_exited(OLD, 1)
        .id_gone(OLD)
        .wait(Duration::from_secs(1));
    let (run, reason) = (crew.run(new), "no such program".to_owned());
    crew.say(
        new,
        Fact::PrepareFailed {
            run,
            reason,
            transient: false,
        },
    );
    assert_eq!(crew.phase("web"), Phase::Preparing);
    assert_eq!(ids(&crew), [OLD]);
}

#[test]
fn where_it_cannot_be_it_is_a_restart_that_says_so() {
    let degraded = |crew: &Crew| {
        crew.out.iter().find_map(|effect| match &effect.order {
            Order::Publish(Notice::RollDegraded { reason }) => Some(reason.clone()),
            _ => None,
        })
    };
    let mut crew = Crew::new(&Policy::default(), &["web"]);
    roll(crew.start("web").runs("web"));
    assert_eq!(degraded(&crew).unwrap(), "its port is fixed");
    assert_eq!(crew.phase("web"), Phase::Stopping);

    let mut crew = Crew::new(&movable(), &["web"]);
    roll(&mut crew);
    assert_eq!(degraded(&crew).unwrap(), "it is not ready");
    assert_eq!(crew.phase("web"), Phase::Preparing);

    // The one before the last is still being ended: a third one would be too many.
    let (mut crew, new) = rolling();
    hand_over(crew.id_runs(new), new);
    let reason = "again".to_owned();
    crew.say(new, Fact::RollRequested { reason });
    assert_eq!(degraded(&crew).unwrap(), "the last roll has not ended yet");
    assert_eq!(crew.fleet.get(new).unwrap().phase(), Phase::Stopping);
}

#[test]
fn there_is_one_roll_at_a_time() {
    let (mut crew, new) = rolling();
    assert_eq!(roll(&mut crew).story(), [""; 0]);
    let reason = "new version".to_owned();
    crew.say(new, Fact::RollRequested { reason });
    assert_eq!(crew.story(), [""; 0]);
    assert!(!crew.fleet.remove(OLD) && !crew.fleet.remove(new));
}

#[test]
fn who_needs_it_needs_the_new_one_and_follows() {
    let mut crew = Crew::new(&movable(), &["web", "app", "db"]);
    crew.needs("app", "web", Condition::Ready, "restart");
    crew.needs("web", "db", Condition::Ready, "ignore");
    crew.start("app").runs("db").runs("web").runs("app");
    roll(&mut crew);
    let new = crew.fleet.all().last().unwrap().id();
    crew.id_runs(new);
    assert_eq!(crew.phase("app"), Phase::Ready);
    hand_over(&mut crew, new);
    assert_eq!(
        crew.phase("app"),
        Phase::Stopping,
        "web has another run now"
    );
    crew.id_gone(OLD).gone("app").runs("app");
    // The order of stops goes by the new edges.
    crew.stop_all();
    assert_eq!(crew.fleet.get(new).unwrap().phase(), Phase::Ready);
    crew.gone("app").id_gone(new).gone("db");
    assert!(crew.fleet.all_down());
}

#[test]
fn a_run_that_is_being_ended_takes_over_nothing() {
    let (mut crew, new) = rolling();
    let run = crew.id_runs(new).run(new);
    crew.id_exited(new, 1);
    crew.say(new, Fact::HandedOver { run });
    assert_eq!(crew.story(), [""; 0]);
    crew.id_gone(new);
    assert_eq!((ids(&crew), crew.phase("web")), (vec![OLD], Phase::Ready));
}

#[test]
fn a_new_run_may_move_to_another_port() {
    let (mut crew, new) = rolling();
    let run = crew.run(new);
    crew.say(new, Fact::Prepared { run, port: Some(1) });
    let (status, port_taken) = (ExitStatus::Code(1), true);
    let exit = Fact::LeaderExited {
        run,
        status,
        port_taken,
    };
    crew.say(new, exit).id_gone(new);
    hand_over(crew.id_runs(new), new);
    crew.id_gone(OLD);
    assert_eq!(ids(&crew), [new]);
}
