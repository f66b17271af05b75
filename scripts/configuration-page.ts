import { z } from 'zod';
import { documentation, settingGroups } from '../src/config/settings.ts';

/**
 * docs/configuration.md: every setting, from `src/config/settings.ts`.
 *
 * @throws Error naming a setting without a description or a default.
 */
export function configurationPage(): string {
  const groups = Object.entries(settingGroups).map(([title, group]) => {
    const rows = Object.entries<z.ZodType>(group).map(row);
    return `## ${title}\n\n| setting | default | what it does |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Configuration

Made from \`src/config/settings.ts\` by \`npm run generate\`.

Settings come from environment variables or from a file \`.env\` in the folder that Pressrun is started in; variables win.
An empty value counts as not set. Pressrun does not start with wrong settings: it names all of them at once, and no value.

${groups.join('\n')}`;
}

function row([name, schema]: [name: string, schema: z.ZodType]): string {
  const documented = documentation.get(schema);
  if (documented === undefined) throw new Error(`The setting ${name} has no description: use setting(…).`);
  const standard = documented.unset ?? defaultOf(schema);
  if (standard === undefined) throw new Error(`The setting ${name} needs a default, or a text for "unset".`);
  return `| \`${name}\` | ${standard} | ${documented.description} |`;
}

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault)) return undefined;
  const value = String(schema.def.defaultValue);
  return value === '' ? 'none' : `\`${value}\``;
}
