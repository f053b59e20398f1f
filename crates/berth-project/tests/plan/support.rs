//! A folder as people have it, and what is written in the manifests of some frameworks.

use std::fs;
use std::path::{Path, PathBuf};

use berth_project::{Config, Plan, ProjectError};
use tempfile::TempDir;

pub(crate) struct Project(TempDir);

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().unwrap());
        // A repository of its own: nothing above it plays a part.
        fs::create_dir(project.at(".git")).unwrap();
        for (name, text) in files {
            let file = project.at(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        project
    }

    pub(crate) fn at(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub(crate) fn plan(&self, config: &str) -> Result<Plan, ProjectError> {
        self.plan_in("", config)
    }

    pub(crate) fn plan_in(&self, below: &str, config: &str) -> Result<Plan, ProjectError> {
        let config = Config::parse(config, Path::new("berth.json")).unwrap();
        Plan::for_folder(&self.at(below), &config)
    }
}

pub(crate) fn framework(plan: &Plan) -> Option<&'static str> {
    plan.framework.map(|framework| framework.id)
}

pub(crate) const VITE: &str = r#"{
  "name": "shop", "private": true, "version": "0.0.0", "type": "module",
  "scripts": { "dev": "vite", "build": "tsc -b && vite build", "lint": "eslint .", "preview": "vite preview" },
  "dependencies": { "react": "^19.2.0", "react-dom": "^19.2.0" },
  "devDependencies": { "@vitejs/plugin-react": "^5.1.0", "typescript": "~5.9.3", "vite": "^7.2.2" }
}"#;
