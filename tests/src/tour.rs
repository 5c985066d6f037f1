//! Reads the tour out of README.md, so that what a newcomer types is what the tests run.

/// One fenced block of the tour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The block's command lines, continuation lines joined, comments left out.
    pub commands: Vec<String>,
    /// Whether the block is a terminal of its own that stays open (a server).
    pub stays_open: bool,
    /// Whether the block's last command must be refused.
    pub refused: bool,
    /// Whether the block needs `curl`, which a machine may not have.
    pub curl: bool,
}

/// The blocks marked ```` ```sh tour ````, also with `server`, `refused` or `curl` behind it, in order.
pub fn steps(readme: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim().strip_prefix("```sh tour") else {
            continue;
        };
        let mut step = Step {
            commands: Vec::new(),
            stays_open: info.trim() == "server",
            refused: info.trim() == "refused",
            curl: info.trim() == "curl",
        };
        let mut open = String::new();
        for line in lines.by_ref() {
            let line = line.trim();
            if line == "```" {
                break;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_suffix('\\') {
                Some(part) => open.push_str(part),
                None => {
                    open.push_str(line);
                    step.commands.push(std::mem::take(&mut open));
                }
            }
        }
        steps.push(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_order_with_their_marks() {
        let text = "x\n```sh\nnot this\n```\n```sh tour server\ntacit a \\\n  --b\n```\n```sh tour refused\n# why\ntacit c\n```\n";
        let found = steps(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].commands, ["tacit a --b"]);
        assert!(found[0].stays_open && !found[0].refused);
        assert_eq!(found[1].commands, ["tacit c"]);
        assert!(found[1].refused && !found[1].stays_open);
    }
}
