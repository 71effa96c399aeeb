//! The Containerfile: what it copies is there, and every crate of the workspace is in it. That it builds is seen only where images are built.

use std::path::Path;

/// What is wrong with it, beside the manifest of the workspace.
pub fn wrong_with(root: &Path, containerfile: &str, manifest: &str) -> Vec<String> {
    let copied: Vec<&str> = containerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|rest| !rest.starts_with("--from"))
        .flat_map(|rest| rest.split_whitespace().rev().skip(1))
        .collect();
    let gone = copied.iter().filter(|source| !root.join(source).exists()).map(|source| format!("copies {source}, which is not there"));
    let members = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(members, _)| members);
    let left = members.split('"').skip(1).step_by(2).filter(|member| !copied.iter().any(|source| Path::new(member).starts_with(source)));
    gone.chain(left.map(|member| format!("does not copy the crate {member}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_and_what_is_left_out_is_told() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = "members = [\n    \"src\", \"src/k8s\",\n    \"other\",\n]\n";
        let right = "COPY Cargo.toml ./\nCOPY src src\nCOPY --from=build /out/zeef /usr/bin\nCOPY other other\n";
        assert_eq!(wrong_with(root, right, manifest), ["copies other, which is not there"]);
        assert_eq!(wrong_with(root, "COPY Cargo.toml ./\nCOPY src src\n", manifest), ["does not copy the crate other"]);
    }
}
