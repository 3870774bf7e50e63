import { type Command, InvalidArgumentError, Option } from 'commander';
import { CONFIG_FLAGS, type ConfigFlag, OWN_FLAGS } from '../config/config-flags.js';
import { type Configuration, readConfiguration } from '../config/configuration.js';
import { FlagError, flagValue, type GivenFlag } from '../config/given-flags.js';

/** What commander gives an action: values by the name of the flag in camel case. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** Adds `--config` and every flag that stands for a field of it. */
export function withConfigOptions(command: Command): Command {
  command.addOption(
    new Option('--config <file>', 'KubeProxyConfiguration and, in a second document, our own settings'),
  );
  command.addOption(
    truth(
      '--strict-config [boolean]',
      "refuse unknown fields in kube-proxy's document, instead of a warning",
    ),
  );
  for (const flag of CONFIG_FLAGS) command.addOption(optionOf(flag));
  return command;
}

/** The configuration that file and flags come to. Rejects with ConfigError. */
export function givenConfiguration(options: GivenOptions): Promise<Configuration> {
  const flags = CONFIG_FLAGS.map((flag) => ({ flag, value: options[optionOf(flag).attributeName()] }));
  const given: GivenFlag[] = flags.filter(({ value }) => value !== undefined);
  const { config, strictConfig = false } = options;
  // An empty flag is none, as for every flag of kube-proxy that names a file.
  const file = typeof config === 'string' && config !== '' ? config : undefined;
  return readConfiguration({ file, flags: given, strict: strictConfig === true });
}

function optionOf(flag: ConfigFlag): Option {
  const option = new Option(
    `${flag.name === 'v' ? '-v, ' : ''}--${flag.name} ${argument(flag)}`,
    meaning(flag),
  );
  option.helpGroup(OWN_FLAGS.includes(flag) ? 'Our own, also beside --config:' : 'As kube-proxy has them:');
  return option.argParser(reader(flag));
}

function argument({ value }: ConfigFlag): string {
  return value === 'boolean' ? '[boolean]' : `<${value}>`;
}

function meaning({ field, because, besideConfig }: ConfigFlag): string {
  if (field === undefined) return `accepted without effect: ${because}`;
  return `as ${field.path} in the file${besideConfig === 'counts' ? ', and over it' : ''}`;
}

// commander shows the flag's name before the message of its own error type only.
function reader({ value: kind }: ConfigFlag): (text: string, before: unknown) => unknown {
  return (text, before) => {
    try {
      return flagValue(kind, text, before);
    } catch (error) {
      if (error instanceof FlagError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** An option that is true, false or absent; without a value it is true. */
export function truth(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (text !== 'true' && text !== 'false')
      throw new InvalidArgumentError(`'${text}' is neither true nor false.`);
    return text === 'true';
  });
}
