import { tokenSecrets } from '../src/adapters.ts';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { readConfig } from '../src/config/config.ts';
import { createInvitation } from '../src/services/accounts/invitations.ts';
import { createLogger } from '../src/telemetry/logger.ts';

const { days } = commandLine('npm run invite')
  .description(
    'Prints an invitation to register, for servers with REGISTRATION=invite and the same settings as this command.',
  )
  .option('--days <n>', 'how long it is valid', wholeNumber(1, 365), 7)
  .parse()
  .opts();

const [secret] = await tokenSecrets(readConfig(), createLogger('warn'));
if (secret === undefined) throw new Error('there is no secret to sign with');
process.stdout.write(`${await createInvitation(secret, days)}\n`);
