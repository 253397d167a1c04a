/** The dialog of the studio, and the sidebar, which comes with it. */
import { credentialsOf, defaultsOf, LABELS } from '../shared/editor/dialog';
import { ask, button, studioRoute, textsOf, type FailedRequest } from '../shared/editor/parts';
import { askEquipment, showDevices, warnFfmpeg } from './editor/equipment';
import { modelsPanel } from './editor/models';
import { startSidebar } from './editor/sidebar';

const text = textsOf('studio');

const field = (name: string): JQuery => $(`#node-config-input-${name}`);

/** A note under the row of a setting. */
const noteUnder = (name: string, id: string): JQuery =>
  $('<p class="lipwire-note" role="status">')
    .attr('id', `lipwire-studio-${id}-note`)
    .insertAfter(field(name).closest('.form-row'));

/** @returns what ends it */
function open({ id, device }: EditorNode): () => void {
  const ffmpeg = noteUnder('ffmpeg', 'ffmpeg').addClass('lipwire-problem').hide();
  const devices = showDevices(field('device'), noteUnder('device', 'device'), String(device));
  askEquipment(id).then(
    (answer) => {
      warnFfmpeg(ffmpeg, answer);
      devices(answer);
    },
    () => undefined,
  );
  const licence = noteUnder('acceptNonCommercial', 'licence')
    .removeAttr('role')
    .text(text('models.licence'));
  field('acceptNonCommercial').attr('aria-describedby', 'lipwire-studio-licence-note');
  const models = $('<div id="lipwire-studio-models">');
  licence.after($('<h4>').text(text('models.list')), models, ...diagnostics(id));
  return modelsPanel(models, { id: 'lipwire-studio-models', studio: () => id }).close;
}

/** A button that shows the studio's diagnostics. */
function diagnostics(id: string): JQuery[] {
  const output = $('<pre id="lipwire-studio-diagnostics" role="status">').hide();
  const say = (words: string): JQuery => output.text(words).show();
  const ofLipwire = (): void => {
    say(text('diagnostics.asking'));
    ask(studioRoute(id, 'diagnostics')).then(
      (facts) => say(JSON.stringify(facts, null, 2)),
      ({ status }: FailedRequest) =>
        say(text(status === 404 ? 'diagnostics.notDeployed' : 'diagnostics.failed')),
    );
  };
  const show = button('fa-stethoscope', text('label.diagnostics'), ofLipwire)
    .attr('id', 'lipwire-studio-diagnose')
    .removeClass('red-ui-button-small');
  return [$('<div class="form-row">').append(show), output];
}

let close = (): void => undefined;
const end = (): void => close();

RED.nodes.registerType('lipwire-studio', {
  category: 'config',
  defaults: defaultsOf('studio'),
  credentials: credentialsOf('studio'),
  icon: 'studio.svg',
  ...LABELS,
  oneditprepare() {
    close = open(this);
  },
  oneditsave: end,
  oneditcancel: end,
});
startSidebar();
