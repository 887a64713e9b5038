//! The shape of the workspace, held by what `cargo` and the files say.
//!
//! The map is ARCHITECTURE.md's: dependencies point inwards, from the binary over the adapters and
//! the use cases to the domain, and what all crates share stands once, in the workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// All that the domain may bring with it. None of these opens a file, a socket or a thread, reads a
/// clock or draws a random number.
const PURE: [&str; 9] = [
    "async-trait",
    "domain",
    "proc-macro2",
    "quote",
    "syn",
    "thiserror",
    "thiserror-impl",
    "unicode-ident",
    "uuid",
];

/// Longer is more than one idea.
const MOST_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The workspace and its dependencies on this platform, from what is on disk.
fn metadata() -> Metadata {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let platform = format!("--filter-platform={}", host.unwrap());
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--offline".to_owned(), "--locked".to_owned(), platform])
        .exec()
        .unwrap()
}

/// The crates of ours that a crate's code (its tests apart) depends on directly, by crate.
fn ours(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let members = metadata.workspace_packages();
    let names: BTreeSet<_> = members.iter().map(|member| member.name.as_str()).collect();
    let of = |member: &Package| {
        let dependencies = member.dependencies.iter();
        dependencies
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.clone())
            .filter(|name| names.contains(name.as_str()))
            .collect()
    };
    members
        .iter()
        .map(|member| (member.name.to_string(), of(member)))
        .collect()
}

/// Every crate that `name` brings with it, itself included; what only its tests use apart. Asked of
/// `cargo tree`, which knows the features that this crate alone wants.
fn closure(name: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--package", name])
        .args(["--edges=normal,build", "--prefix=none", "--format={p}"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates = tree.lines().filter_map(|line| line.split(' ').next());
    crates.map(str::to_owned).collect()
}

#[test]
fn dependencies_point_inwards() {
    let ours = ours(&metadata());
    for (name, dependencies) in &ours {
        let allowed: &[&str] = match name.as_str() {
            "domain" => &[],
            "sql-rows" => &["domain"],
            "application" => &["domain"],
            "adapter-mysql" | "adapter-sqlite" => &["application", "domain", "sql-rows"],
            adapter if adapter.starts_with("adapter-") => &["application", "domain"],
            // The only one that sees all adapters; and the tests, which see everything.
            "firstcome" | "firstcome-tests" => continue,
            other => panic!("{other} has no place in the architecture"),
        };
        let outward: Vec<_> = dependencies
            .iter()
            .filter(|dependency| !allowed.contains(&dependency.as_str()))
            .collect();
        assert!(outward.is_empty(), "{name} depends on {outward:?}");
    }
    // What would make all of the above true of nothing.
    let adapters = |dependencies: &BTreeSet<String>| {
        let adapters = dependencies
            .iter()
            .filter(|name| name.starts_with("adapter-"));
        adapters.cloned().collect::<BTreeSet<_>>()
    };
    let all = adapters(&ours.keys().cloned().collect());
    assert!(all.len() >= 3, "{all:?}");
    assert_eq!(adapters(&ours["firstcome"]), all);
}

#[test]
fn the_domain_brings_nothing_that_could_do_io() {
    let brought = closure("domain");
    let pure = PURE.map(str::to_owned).into();
    let more: Vec<_> = brought.difference(&pure).collect();
    assert!(more.is_empty(), "{more:?}: is it pure? Then say so in PURE");
    // What is known to do I/O is found where it is.
    let io = closure("adapter-sqlite");
    assert!(io.contains("tokio") && io.contains("libsqlite3-sys"));
}

fn manifest(package: &Package) -> toml::Table {
    let text = fs::read_to_string(&package.manifest_path).unwrap();
    text.parse().unwrap()
}

fn is_inherited(value: &toml::Value) -> bool {
    value.get("workspace").and_then(toml::Value::as_bool) == Some(true)
}

#[test]
fn every_crate_inherits_what_all_crates_share() {
    const PACKAGE: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];
    for package in metadata().workspace_packages() {
        let (manifest, name) = (manifest(package), &package.name);
        let lints = manifest.get("lints").is_some_and(is_inherited);
        assert!(lints, "{name} does not inherit the lints");
        for field in PACKAGE {
            let inherited = manifest["package"].get(field).is_some_and(is_inherited);
            assert!(inherited, "{name} does not inherit its {field}");
        }
        assert!(package.description.is_some(), "{name} says not what it is");
    }
}

/// Every table of dependencies in a manifest: of the code, the tests, the build, of one platform.
fn dependency_tables(manifest: &toml::Table) -> Vec<&toml::Table> {
    const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(toml::Table::values);
    [manifest]
        .into_iter()
        .chain(platforms.filter_map(toml::Value::as_table))
        .flat_map(|part| TABLES.map(|name| part.get(name)))
        .flatten()
        .filter_map(toml::Value::as_table)
        .collect()
}

#[test]
fn every_dependency_stands_once_in_the_workspace() {
    for package in metadata().workspace_packages() {
        let manifest = manifest(package);
        for (dependency, value) in dependency_tables(&manifest).into_iter().flatten() {
            assert!(
                is_inherited(value),
                "{}: {dependency} is not the workspace's",
                package.name
            );
        }
    }
}

/// Every source file of ours, by its path.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders: Vec<PathBuf> = metadata()
        .workspace_packages()
        .iter()
        .map(|package| package.manifest_path.parent().unwrap().into())
        .collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push((path, text));
            }
        }
    }
    assert!(sources.len() > 100, "where are the sources?");
    sources
}

#[test]
fn a_file_is_no_longer_than_one_idea() {
    let lines = |text: &str| text.lines().count();
    let long: Vec<_> = sources()
        .iter()
        .filter(|(_, text)| lines(text) > MOST_LINES)
        .map(|(path, text)| format!("{}: {} lines", path.display(), lines(text)))
        .collect();
    assert!(long.is_empty(), "over {MOST_LINES}: {long:#?}");
}

/// A file of unit tests is about the module that it belongs to, and that has the header.
fn is_of_unit_tests(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap();
    let in_tests = path
        .parent()
        .is_some_and(|folder| folder.ends_with("tests"));
    let in_src = path.components().any(|part| part.as_os_str() == "src");
    in_src && (in_tests || name == "tests" || name.ends_with("_tests"))
}

#[test]
fn every_file_begins_by_saying_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| !is_of_unit_tests(path) && !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "without a header: {silent:#?}");
}
