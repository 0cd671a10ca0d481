import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** One place on the command line: what was typed so far, and what may follow. */
interface Place {
  /** The commands typed so far, each after a blank; empty at the beginning. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

const placesOf = (command: Command, path = ''): readonly Place[] => [
  {
    path,
    commands: command.commands.map((each) => ({ name: each.name(), description: each.description() })),
    options: command.options.flatMap(({ long, description }) => (typeof long === 'string' ? [{ name: long, description }] : [])),
  },
  ...command.commands.flatMap((each) => placesOf(each, `${path} ${each.name()}`)),
];

/** A script that makes a shell complete the commands and options of `program`: to be sourced. */
export const renderCompletion = (program: Command, shell: Shell): string => {
  const name = program.name();
  const places = placesOf(program);
  switch (shell) {
    case 'bash':
      return `${walker(name, places, 'COMP_WORDS[@]:1:COMP_CWORD-1')}
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _${name} ${name}`;
    case 'zsh':
      return `#compdef ${name}
${walker(name, places, 'words[@]:1:CURRENT-2')}
  compadd -- \${=choices} || _files
}
compdef _${name} ${name}`;
    case 'fish':
      return places.flatMap((place) => fishLines(name, place, places)).join('\n');
    default:
      return shell satisfies never;
  }
};

/** The beginning of a shell function that finds, from the words typed so far, what may follow: in \`choices\`. */
const walker = (name: string, places: readonly Place[], typed: string): string => `_${name}() {
  local place='' choices='' word
  for word in "\${${typed}}"; do
    case "$place $word" in
      ${places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) place="$place $word" ;;
    esac
  done
  case "$place" in
${places.map((place) => `    '${place.path}') choices='${namesOf(place).join(' ')}' ;;`).join('\n')}
  esac`;

const namesOf = ({ commands, options }: Place): readonly string[] => [...commands, ...options].map(({ name }) => name);

const fishLines = (program: string, { path, commands, options }: Place, places: readonly Place[]): readonly string[] => {
  const typed = path.trim().split(' ').filter(Boolean);
  // At the top a command ends the choice; below, its own commands do.
  const seen = typed.map((word) => `__fish_seen_subcommand_from ${word}`);
  const first = places.find((place) => place.path === '')?.commands.map(({ name }) => name) ?? [];
  const isHere = path === '' ? `not __fish_seen_subcommand_from ${first.join(' ')}` : seen.join('; and ');
  return [
    ...commands.map(({ name, description }) => `complete -c ${program} -f -n '${isHere}' -a ${name} -d ${quoted(description)}`),
    ...options.map(({ name, description }) => `complete -c ${program} -n '${isHere}' -l ${name.slice(2)} -d ${quoted(description)}`),
  ];
};

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
