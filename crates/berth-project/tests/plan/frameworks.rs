//! What the frameworks' own templates come to, alone and in monorepos.

use std::fs;
use std::time::Duration;

use berth_project::{ChosenBy, PortChannel, PortSource, PortWish};

use crate::support::{Project, VITE, framework};

const NEXT: &str = r#"{
  "name": "site", "version": "0.1.0", "private": true,
  "scripts": { "dev": "next dev --turbopack", "build": "next build", "start": "next start" },
  "dependencies": { "next": "16.0.1", "react": "19.2.0" }, "packageManager": "yarn@4.9.2"
}"#;

const ASTRO: &str = r#"{
  "name": "blog", "type": "module", "version": "0.0.1",
  "scripts": { "dev": "astro dev", "build": "astro build", "preview": "astro preview", "astro": "astro" },
  "dependencies": { "astro": "^5.15.0" }
}"#;

const SVELTEKIT: &str = r#"{
  "name": "kit", "private": true, "type": "module",
  "scripts": { "dev": "vite dev", "prepare": "svelte-kit sync || echo ''", "check": "svelte-check" },
  "devDependencies": { "@sveltejs/kit": "^2.47.0", "svelte": "^5.41.0", "vite": "^7.1.10" }
}"#;

const TURBO: &str = r#"{
  "name": "mono", "private": true, "workspaces": ["apps/*"], "packageManager": "npm@10.9.2",
  "scripts": { "dev": "turbo run dev", "build": "turbo run build" },
  "devDependencies": { "turbo": "^2.5.8" }
}"#;

#[test]
fn vite_with_pnpm() {
    let project = Project::new(&[("package.json", VITE), ("pnpm-lock.yaml", "")]);
    let plan = project.plan("{}").unwrap();
    assert_eq!(
        plan.argv,
        ["pnpm", "run", "dev", "--port", "{port}", "--strictPort"]
    );
    assert_eq!(
        (plan.name.as_str(), framework(&plan)),
        ("shop", Some("vite"))
    );
    let channel = PortChannel::Argument;
    assert_eq!(
        plan.port,
        PortWish {
            port: Some(5173),
            source: PortSource::Framework,
            channel
        }
    );
    assert_eq!(
        (plan.start_route.as_str(), plan.ready_timeout),
        ("/", Duration::from_mins(2))
    );
    assert!(plan.needs_install_hint);
    fs::create_dir(project.at("node_modules")).unwrap();
    assert!(!project.plan("{}").unwrap().needs_install_hint);
}

#[test]
fn next_with_yarn_and_astro_with_npm() {
    let plan = Project::new(&[("package.json", NEXT), ("package-lock.json", "")])
        .plan("{}")
        .unwrap();
    assert_eq!(
        plan.argv,
        ["yarn", "run", "dev", "-p", "{port}"],
        "the field beats a leftover"
    );
    assert_eq!(
        (framework(&plan), plan.port.port),
        (Some("next"), Some(3000))
    );

    let plan = Project::new(&[("package.json", ASTRO)]).plan("{}").unwrap();
    assert_eq!(plan.argv, ["npm", "run", "dev", "--", "--port", "{port}"]);
    assert_eq!(
        (framework(&plan), plan.port.port),
        (Some("astro"), Some(4321))
    );
    assert_eq!(plan.package_manager.unwrap().by, ChosenBy::Default);
}

#[test]
fn sveltekit_is_vite_and_bun_passes_flags_through() {
    let plan = Project::new(&[("package.json", SVELTEKIT), ("bun.lock", "")])
        .plan("{}")
        .unwrap();
    assert_eq!(
        plan.argv,
        ["bun", "run", "dev", "--port", "{port}", "--strictPort"]
    );
    assert_eq!(framework(&plan), Some("vite"));
}

#[test]
fn a_monorepo_s_root_and_its_app() {
    let app = VITE.replace("\"shop\"", "\"web\"");
    let project = Project::new(&[("package.json", TURBO), ("apps/web/package.json", &app)]);
    let plan = project.plan("{}").unwrap();
    assert_eq!(
        plan.argv,
        ["npm", "run", "dev"],
        "no flag is appended to turbo"
    );
    let channel = PortChannel::Variable;
    assert_eq!(
        plan.port,
        PortWish {
            port: None,
            source: PortSource::Nobody,
            channel
        }
    );

    fs::create_dir(project.at("node_modules")).unwrap();
    let plan = project.plan_in("apps/web", "{}").unwrap();
    let by = ChosenBy::Field(project.at("package.json"));
    assert_eq!(
        plan.package_manager.unwrap().by,
        by,
        "the workspace's root decides"
    );
    assert!(
        !plan.needs_install_hint,
        "packages of a workspace lie at its root"
    );
}

#[test]
fn a_pnpm_workspace_decides_for_its_packages() {
    let files = [
        ("pnpm-workspace.yaml", ""),
        ("package.json", "{}"),
        ("web/package.json", VITE),
    ];
    let plan = Project::new(&files).plan_in("web", "{}").unwrap();
    assert_eq!(plan.argv[0], "pnpm");
}

#[test]
fn what_lies_above_the_project_does_not_decide() {
    let files = [
        ("yarn.lock", ""),
        ("deep/a/.git/HEAD", ""),
        ("deep/a/package.json", VITE),
    ];
    assert_eq!(
        Project::new(&files).plan_in("deep/a", "{}").unwrap().argv[0],
        "npm"
    );
}
