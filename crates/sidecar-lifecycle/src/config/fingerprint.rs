//! Whether a process would be started the same way today.

use std::fmt::Write;

use super::SidecarConfig;

impl SidecarConfig {
    /// A number for all that the process itself is given, `told` about others included. What its
    /// host does with it (checks, restarts, grace) is not in it: that may change between two launches.
    pub(crate) fn fingerprint(&self, told: &[(String, Option<String>)]) -> u64 {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "{:?}",
            (
                (&self.program, &self.args, &self.env, self.clear_env),
                (&self.cwd, self.port, &self.port_variable),
                (&self.log_file, self.stdin, self.stdout),
                told,
            )
        );
        // FNV-1a: the number is written down, so it must not change from build to build.
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_about_the_process_and_not_about_its_care() {
        let config = || {
            SidecarConfig::builder()
                .name("redis-server")
                .args(["--port", "{port}"])
        };
        let of = |builder: crate::config::SidecarBuilder| builder.build().unwrap().fingerprint(&[]);
        let same = of(config().max_restart_attempts(9).auto_restart(true));
        assert_eq!(of(config()), same);
        let told = vec![("SIDECAR_DB_PORT".to_owned(), Some("6379".to_owned()))];
        let others = [
            of(config().args(["--port"])),
            of(config().env("A", "b")),
            of(config().cwd("/")),
            of(config().clear_env(true)),
            of(config().log_file("/var/log/redis.log")),
            config().build().unwrap().fingerprint(&told),
        ];
        assert!(others.iter().all(|other| *other != same), "{others:?}");
    }
}
