// Completion scripts for shells, generated from the command definitions, so that soci-index does not run while the user
// types.
import type { Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The values that an option or argument may have. */
type Value =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'path' }
  | { readonly kind: 'other'; readonly name: string };

interface CompletedOption {
  /** `-q`, `--quiet` */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent for a switch. */
  readonly value: Value | undefined;
  readonly isRepeatable: boolean;
}

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** The first argument; undefined if the command has none. */
  readonly argument: Value | undefined;
}

/** @param program With all its commands. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(completedCommand);
  const options = completedOptions(program);
  switch (shell) {
    case 'bash':
      return bashScript(program.name(), commands, options);
    case 'zsh':
      return zshScript(program.name(), commands, options);
    case 'fish':
      return fishScript(program.name(), commands, options);
  }
}

function completedCommand(command: Command): CompletedCommand {
  const argument = command.registeredArguments[0];
  return {
    name: command.name(),
    description: command.description(),
    options: completedOptions(command),
    argument: argument && completedValue(argument.name(), argument.argChoices),
  };
}

function completedOptions(command: Command): readonly CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.short, option.long].flatMap((flag) => flag ?? []),
      description: option.description,
      value: option.isBoolean() ? undefined : completedValue(valueNameOf(option), option.argChoices),
      isRepeatable: Array.isArray(option.defaultValue),
    }));
}

/** `file` of `--output <file>` */
function valueNameOf({ flags }: Option): string {
  return /[<[]([^>\].]+)/.exec(flags)?.[1] ?? 'value';
}

const pathNames: ReadonlySet<string> = new Set(['file', 'directory', 'image', 'image|file', 'place']);

function completedValue(name: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choices', choices };
  return pathNames.has(name) ? { kind: 'path' } : { kind: 'other', name };
}

function bashScript(
  program: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string {
  const flagsOf = (list: readonly CompletedOption[]) => list.flatMap(({ flags }) => flags).join(' ');
  const optionCases = commands.flatMap((command) =>
    command.options.flatMap(({ flags, value }) => {
      if (value === undefined) return [];
      const pattern = flags.map((flag) => `'${command.name} ${flag}'`).join(' | ');
      if (value.kind === 'path') return [`    ${pattern}) return ;;`];
      const words = value.kind === 'choices' ? value.choices.join(' ') : '';
      return [
        `    ${pattern}) compopt +o default; COMPREPLY=($(compgen -W '${words}' -- "$current")); return ;;`,
      ];
    }),
  );
  const wordCases = commands.map(({ name, options: own, argument }) => {
    const words = argument?.kind === 'choices' ? argument.choices.join(' ') : '';
    return `    ${name}) flags='${flagsOf(own)}' words='${words}' ;;`;
  });
  return `# bash completion of ${program}. In ~/.bashrc: source <(${program} completion bash)
_soci_index() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]} flags words
  COMPREPLY=()
  # bash treats the equals sign of --option=value as a separate word.
  if [[ $current == '=' ]]; then current=; elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if ((COMP_CWORD == 1)); then
    compopt +o default
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} ${flagsOf(options)}' -- "$current"))
    return
  fi
  case "$command $previous" in
${optionCases.join('\n')}
  esac
  case $command in
${wordCases.join('\n')}
  esac
  # Without a suggestion from here, bash completes file names.
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _soci_index ${program}
`;
}

function zshScript(
  program: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string {
  const argumentsOf = (list: readonly CompletedOption[], argument?: Value) => {
    const specs = list.flatMap(({ flags, description, value, isRepeatable }) =>
      flags.map((flag) => {
        // An option is not offered twice, nor under its other flag.
        const exclusion = isRepeatable ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
        const takes = value === undefined ? '' : flag.startsWith('--') ? '=' : '+';
        return `${exclusion}${flag}${takes}[${escapeZsh(description)}]${zshAction(value)}`;
      }),
    );
    if (argument !== undefined) specs.push(`1${zshAction(argument)}`);
    return specs.map((spec) => quote(spec)).join(' \\\n        ');
  };
  const cases = commands.map(
    ({ name, options: own, argument }) =>
      `    ${name})\n      _arguments -s \\\n        ${argumentsOf(own, argument)} ;;`,
  );
  const described = commands.map(({ name, description }) => quote(`${name}:${description}`));
  return `#compdef ${program}
# zsh completion of ${program}. In ~/.zshrc, after compinit: source <(${program} completion zsh)
_soci_index_path() { compset -P 'oci(-archive|):'; _files; }
_soci-index() {
  local -a commands=(
    ${described.join('\n    ')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments -s \\
        ${argumentsOf(options)}
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _soci-index ]]; then _soci-index "$@"; else compdef _soci-index ${program}; fi
`;
}

function zshAction(value: Value | undefined): string {
  switch (value?.kind) {
    case undefined:
      return '';
    case 'choices':
      return `:value:(${value.choices.join(' ')})`;
    case 'path':
      return ':path:_soci_index_path';
    case 'other':
      return `:${escapeZsh(value.name)}: `;
  }
}

function escapeZsh(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function fishScript(
  program: string,
  commands: readonly CompletedCommand[],
  options: readonly CompletedOption[],
): string {
  const line = (condition: string, words: string, description: string) =>
    `complete -c ${program} -n ${quoteFish(condition)} ${words} -d ${quoteFish(description)}`;
  const optionLines = (condition: string, list: readonly CompletedOption[]) =>
    list.map(({ flags, description, value }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      return line(condition, [...names, ...fishValue(value)].join(' '), description);
    });
  const lines = commands.flatMap(({ name, description, options: own, argument }) => {
    const isSeen = `__fish_seen_subcommand_from ${name}`;
    return [
      line('__fish_use_subcommand', `-f -a ${name}`, description),
      ...optionLines(isSeen, own),
      ...(argument?.kind === 'choices'
        ? [`complete -c ${program} -n ${quoteFish(isSeen)} -f -a ${quoteFish(argument.choices.join(' '))}`]
        : []),
    ];
  });
  const all = [...optionLines('__fish_use_subcommand', options), ...lines];
  return `# fish completion of ${program}: ${program} completion fish > ~/.config/fish/completions/${program}.fish
${all.join('\n')}
`;
}

function fishValue(value: Value | undefined): readonly string[] {
  switch (value?.kind) {
    case undefined:
      return [];
    case 'choices':
      return ['-x', '-a', quoteFish(value.choices.join(' '))];
    case 'path':
      return ['-r', '-F'];
    case 'other':
      return ['-x'];
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteFish(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
