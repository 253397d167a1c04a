/** Getting what users name by a web address, without trusting the address. */
export { ask, isRedirect } from './ask';
export { downloadFromWeb, type WebFile, type WebRequest } from './download';
export { isPublicAddress } from './public-addresses';
export { withoutSecrets } from './refusal';
export { PUBLIC_WEB, type WebRules } from './rules';
export { Watchdog } from './watchdog';
