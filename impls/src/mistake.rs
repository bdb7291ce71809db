//! Mistakes in a command line, and what to write instead.

use crate::commands::Usage;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A mistake in the arguments of a command, as one sentence. Help and version are no mistakes: they
/// are printed, and end the process.
pub fn explained(error: &clap::Error, command: Command, arguments: &[String]) -> Usage {
    let commands = addressed(command, arguments);
    let path: Vec<&str> = commands.iter().map(Command::get_name).collect();
    let help = format!("see `{} --help`", path.join(" "));
    Usage(
        match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
            (ErrorKind::InvalidSubcommand, Some(found)) => {
                let last = commands.last().expect("there is one");
                let names = last.get_subcommands().map(Command::get_name);
                let names: Vec<&str> = names.collect();
                format!("unknown command `{found}`; expected: {}", names.join(", "))
            }
            (ErrorKind::MissingRequiredArgument, _) => {
                format!("{}; {help}", missing(error, &commands))
            }
            (
                ErrorKind::DisplayHelp
                | ErrorKind::DisplayVersion
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                _,
            ) => error.exit(),
            _ => format!("{}; {help}", told(error)),
        },
    )
}

/// The command that the arguments address, the last, and those around it.
fn addressed(mut command: Command, arguments: &[String]) -> Vec<Command> {
    command.build();
    let mut commands = vec![command];
    for argument in arguments {
        let last = commands.last().expect("there is one");
        let inner = last.find_subcommand(argument).cloned();
        commands.extend(inner);
    }
    commands
}

/// Which arguments are missing; of one, also what it is.
fn missing(error: &clap::Error, commands: &[Command]) -> String {
    let names = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.as_slice(),
        _ => &[],
    };
    let [name] = names else {
        return format!("{} are missing", names.join(" and "));
    };
    let mut known = commands.iter().rev().flat_map(Command::get_arguments);
    let argument = known.find(|argument| argument.to_string() == *name);
    let about = argument.and_then(|argument| argument.get_help());
    let about = about.map_or(String::new(), |about| format!(": {}", uncapitalized(about)));
    format!("{name} is missing{about}")
}

fn uncapitalized(text: &impl ToString) -> String {
    let text = text.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The error of clap, without its hints at usage and help.
fn told(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_hint = |line: &&str| line.starts_with("Usage: ") || line.starts_with("For more ");
    let lines = text.lines().take_while(|line| !is_hint(line));
    let lines: Vec<&str> = lines.map(str::trim).filter(|it| !it.is_empty()).collect();
    let text = lines.join("; ");
    text.strip_prefix("error: ").unwrap_or(&text).to_owned()
}
