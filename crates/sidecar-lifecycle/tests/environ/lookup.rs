//! Finding tools in homes of every kind. The tools have invented names, so that what the machine
//! has installed plays no part.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sidecar_lifecycle::environ::{EnvMap, Lookup, Via, child_path, find_tool};
use tempfile::TempDir;

use crate::support::{env, program};

const TOOL: &str = "tool-for-a-test";

struct Home(TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn at(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn with_tool(self, folder: &str) -> Home {
        program(&self.at(folder).join(TOOL), "#!/bin/sh\n");
        self
    }

    fn find(&self, env: &EnvMap) -> Lookup {
        find_tool(TOOL, env, self.0.path(), &self.at("project"))
    }
}

#[test]
fn the_path_comes_first() {
    let home = Home::new().with_tool("bin").with_tool(".volta/bin");
    let path = format!("/usr/bin::{}", home.at("bin").display());
    let lookup = home.find(&env(&[("PATH", &path)]));
    assert_eq!(lookup.found, Some(home.at("bin").join(TOOL)));
    assert_eq!(lookup.via, Some(Via::Path));
    assert_eq!(
        lookup.looked_in,
        [PathBuf::from("/usr/bin"), home.at("bin")]
    );
    assert_eq!(lookup.extra_dir(), None);
}

#[test]
fn each_manager_s_folder_is_known() {
    let table = [
        (".local/share/pnpm", "pnpm"),
        (".local/share/pnpm/bin", "pnpm"),
        ("Library/pnpm", "pnpm"),
        (".volta/bin", "Volta"),
        (".local/share/mise/shims", "mise"),
        (".asdf/shims", "asdf"),
        (".proto/shims", "proto"),
        (".nvm/versions/node/v22.11.0/bin", "nvm"),
        (".local/share/fnm/aliases/default/bin", "fnm"),
        (".bun/bin", "bun"),
        (".yarn/bin", "yarn"),
        (".npm-global/bin", "npm"),
        (".local/bin", "the user"),
    ];
    for (folder, whose) in table {
        let home = Home::new().with_tool(folder);
        let lookup = home.find(&EnvMap::new());
        assert_eq!(lookup.found, Some(home.at(folder).join(TOOL)), "{folder}");
        assert_eq!(lookup.via, Some(Via::Known(whose)));
        assert_eq!(lookup.extra_dir(), Some(home.at(folder).as_path()));
        assert_eq!(lookup.looked_in.last(), Some(&home.at(folder)));
    }
}

#[test]
fn variables_move_a_manager_s_folder() {
    let table = [
        ("PNPM_HOME", "elsewhere", "elsewhere/bin"),
        ("PNPM_HOME", "elsewhere", "elsewhere"),
        ("VOLTA_HOME", "elsewhere", "elsewhere/bin"),
        (
            "NVM_DIR",
            "elsewhere",
            "elsewhere/versions/node/v20.0.0/bin",
        ),
        ("XDG_DATA_HOME", "elsewhere", "elsewhere/mise/shims"),
        ("NPM_CONFIG_PREFIX", "elsewhere", "elsewhere/bin"),
    ];
    for (name, value, folder) in table {
        let home = Home::new().with_tool(folder);
        let lookup = home.find(&env(&[(name, home.at(value).to_str().unwrap())]));
        assert_eq!(lookup.found, Some(home.at(folder).join(TOOL)), "{name}");
    }
}

#[test]
fn npm_s_prefix_is_read_from_its_file() {
    for prefix in ["~/packages", "${HOME}/packages", "\"~/packages\""] {
        let home = Home::new().with_tool("packages/bin");
        fs::write(
            home.at(".npmrc"),
            format!("color=false\nprefix = {prefix}\n"),
        )
        .unwrap();
        assert_eq!(
            home.find(&EnvMap::new()).found,
            Some(home.at("packages/bin").join(TOOL))
        );
    }
}

#[test]
fn the_project_s_node_version_is_preferred() {
    let home = Home::new()
        .with_tool(".nvm/versions/node/v20.1.0/bin")
        .with_tool(".nvm/versions/node/v22.11.0/bin");
    fs::create_dir(home.at("project")).unwrap();
    fs::write(home.at("project/.nvmrc"), "20\n").unwrap();
    let found = home.find(&EnvMap::new()).found.unwrap();
    assert_eq!(found, home.at(".nvm/versions/node/v20.1.0/bin").join(TOOL));
}

#[test]
fn a_file_that_cannot_be_run_is_not_the_tool() {
    let home = Home::new().with_tool(".local/bin");
    fs::create_dir_all(home.at("bin")).unwrap();
    fs::write(home.at("bin").join(TOOL), "not executable").unwrap();
    fs::create_dir_all(home.at(".volta/bin").join(TOOL)).unwrap();
    let lookup = home.find(&env(&[("PATH", home.at("bin").to_str().unwrap())]));
    assert_eq!(lookup.found, Some(home.at(".local/bin").join(TOOL)));
}

#[test]
fn nothing_found_says_everywhere_it_looked() {
    let home = Home::new();
    let lookup = home.find(&env(&[("PATH", "/usr/bin")]));
    assert_eq!((&lookup.found, lookup.via), (&None, None));
    for folder in [
        PathBuf::from("/usr/bin"),
        home.at(".volta/bin"),
        home.at(".npm-global/bin"),
    ] {
        assert_eq!(
            lookup
                .looked_in
                .iter()
                .filter(|looked| **looked == folder)
                .count(),
            1
        );
    }
}

#[test]
fn a_path_is_no_name() {
    let home = Home::new().with_tool("bin");
    let env = env(&[("PATH", home.at("bin").to_str().unwrap())]);
    for name in [
        "",
        "bin/tool-for-a-test",
        "../bin/tool-for-a-test",
        "/bin/sh",
    ] {
        assert_eq!(
            find_tool(name, &env, home.0.path(), home.0.path()).found,
            None,
            "{name}"
        );
    }
}

#[test]
fn a_child_finds_the_interpreter_of_what_was_found() {
    let home = Home::new();
    program(
        &home.at(".volta/bin/node-for-a-test"),
        "#!/bin/sh\necho ran\n",
    );
    let tool = program(
        &home.at(".volta/bin").join(TOOL),
        "#!/usr/bin/env node-for-a-test\n",
    );
    let given = env(&[("PATH", "/usr/bin:/bin")]);
    let lookup = home.find(&given);
    assert_eq!(lookup.found.as_deref(), Some(tool.as_path()));

    let run = |path| {
        Command::new(&tool)
            .env_clear()
            .env("PATH", path)
            .output()
            .unwrap()
    };
    assert!(
        !run("/usr/bin:/bin".into()).status.success(),
        "finding the tool is only half"
    );
    assert_eq!(run(child_path(&given, lookup.extra_dir())).stdout, b"ran\n");
}

#[test]
fn a_child_s_path_is_the_user_s_and_then_what_was_missing() {
    let given = env(&[("PATH", "/b::/a:/b")]);
    let extra = ["/a", "/c", "", "/with:colon", "/c"].map(Path::new);
    assert_eq!(child_path(&given, extra), "/b:/a:/b:/c");
    assert_eq!(child_path(&EnvMap::new(), [Path::new("/c")]), "/c");
}
