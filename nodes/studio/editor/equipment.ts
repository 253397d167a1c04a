/** What a studio has to work with: a warning where FFmpeg is missing, and which devices are there. */
import type { Equipment } from '../../../src/runtime/types';
import { ask, explain, studioRoute, text } from '../../shared/editor/parts';

export const askEquipment = (studio: string): Promise<Equipment> =>
  ask(studioRoute(studio, 'equipment'));

/** Says in an element what FFmpeg lacks, with the remedy; nothing where it is there. */
export function warnFfmpeg(into: JQuery, { ffmpeg }: Equipment): void {
  const code = 'error' in ffmpeg && ffmpeg.error.code;
  const isKnown = code === 'E_FFMPEG_MISSING' || code === 'E_FFMPEG_VERSION';
  const sentence = 'error' in ffmpeg ? explain(ffmpeg) : '';
  into.text(isKnown ? text(`equipment.${code}`) : (sentence ?? '')).toggle(!!code);
}

/**
 * Shows the devices of a select, each as it is on this machine; what is saved stays selectable.
 * @returns what takes the studio's answer
 */
export function showDevices(
  select: JQuery,
  note: JQuery,
  saved: string,
): (equipment: Equipment) => void {
  let checks: Extract<Equipment['devices'], unknown[]> = [];
  const optionOf = (device: string): JQuery<HTMLOptionElement> =>
    select.find<HTMLOptionElement>('option').filter((_, option) => option.value === device);
  if (saved && optionOf(saved).length === 0) $('<option>').val(saved).text(saved).appendTo(select);
  select.val(saved || 'auto').attr('aria-describedby', String(note.attr('id')));
  // The editor puts the texts in later than this.
  const nameOf = (device: string): string =>
    optionOf(device).is('[data-i18n]') ? text(`device.${device}`) : device;

  /** Says what the chosen device does here. */
  const sentence = (chosen: string): string => {
    const check = checks.find(({ device }) => device === chosen);
    note.toggleClass('lipwire-problem', !!check && check.state !== 'usable');
    if (chosen === 'auto') {
      // The CPU is the first of them, and what is taken last.
      const [cpu, ...others] = checks
        .filter(({ state }) => state === 'usable')
        .map(({ device }) => nameOf(device));
      if (others.length === 0) return text('equipment.onlyCpu');
      return text('equipment.auto', { devices: others.join(', '), cpu });
    }
    if (!check) return '';
    const { state, reason = '' } = check;
    return text(`equipment.chosen.${state}`, { device: nameOf(chosen), reason });
  };
  const tell = (): void => {
    if (checks.length > 0) note.text(sentence(String(select.val())));
  };

  select.on('change', tell);
  return ({ devices }) => {
    if ('error' in devices) {
      note.addClass('lipwire-problem').text(explain(devices) ?? '');
      return;
    }
    checks = devices;
    for (const { device, state } of checks) {
      const name = nameOf(device);
      const isUsable = state === 'usable';
      const marked = { device: name, state: text(`equipment.device.${state}`) };
      optionOf(device)
        .text(isUsable ? name : text('equipment.marked', marked))
        .prop('disabled', !isUsable && device !== saved);
    }
    tell();
  };
}
