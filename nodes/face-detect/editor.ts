/** The dialog of face-detect: with the portrait that it chooses, and a button to upload one. */
import type { PortraitPreview } from '../../src/face/previews';
import { registerStage, rowOf } from '../shared/editor/dialog';
import { ask, post, problem, seconds, textsOf, type FailedRequest } from '../shared/editor/parts';
import { imageOf, PreviewFrame, svg } from '../shared/editor/preview';
import { typedInput } from '../shared/editor/typed-inputs';
import { SOURCES, validatorOf } from '../shared/editor/validators';

const text = textsOf('face-detect', 'preview.');
const nameOf = textsOf('face-detect', 'portrait.');

/** Milliseconds after the last change of the dialog. */
const PATIENCE = 350;

/** Where a portrait may come from besides the built-in avatar and a path. */
const ELSEWHERE = [...SOURCES.filter((source) => source !== 'jsonata'), 'bin'];

/** The portrait with the faces that were found in it. */
function pictureOf(answer: PortraitPreview): JQuery {
  const { picture, source, faces, selected, landmarks } = answer;
  const { width, height } = source;
  const isSelected = (index: number): boolean => index === selected;
  const overlay = svg('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const r = Math.max(width, height) / 700;
  for (const [cx, cy] of landmarks) {
    overlay.append(svg('circle', { class: 'lipwire-landmark', cx, cy, r }));
  }
  const stage = $('<div class="lipwire-portrait" role="img">')
    .attr('aria-label', wordsOf(answer))
    .append(imageOf(picture, ''), overlay);
  faces.forEach(({ box: [left, top, right, bottom] }, index) => {
    const place = { x: left, y: top, width: right - left, height: bottom - top };
    for (const role of ['lipwire-face-edge', 'lipwire-face']) {
      const type = isSelected(index) ? `${role} lipwire-face-selected` : role;
      overlay.append(svg('rect', { class: type, 'data-face': index + 1, ...place }));
    }
    $('<span class="lipwire-face-number">')
      .toggleClass('lipwire-face-selected', isSelected(index))
      .css({ left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%` })
      .text(index + 1)
      .appendTo(stage);
  });
  return stage;
}

function wordsOf({ source, faces, selected, time }: PortraitPreview): string {
  const values = {
    number: faces.length,
    taken: selected + 1,
    width: source.width,
    height: source.height,
    time: time === undefined ? '' : seconds(time),
  };
  const face = faces[selected];
  if (!face) return text('none', values);
  const [x, y, right, bottom] = face.box;
  const taken = text('taken', {
    width: Math.round(right - x),
    height: Math.round(bottom - y),
    x: Math.round(x),
    y: Math.round(y),
    score: face.score.toFixed(2),
    roll: Math.round(face.roll),
  });
  const found = text(faces.length === 1 ? 'one' : 'several', values);
  return [found, taken, ...(time === undefined ? [] : [text('frame', values)])].join(' ');
}

/** The settings as they stand in the open dialog. */
function settingsIn(node: EditorNode): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of Object.keys(node._def.defaults)) {
    const input = $(`#node-input-${field}`);
    if (input.length > 0) config[field] = input.val();
  }
  if (config['studio'] === '_ADD_') config['studio'] = '';
  return config;
}

/** Shows the portrait that the dialog chooses, anew with each change. */
function showPortrait(node: EditorNode, frame: PreviewFrame): void {
  // Looking for faces is work, which whoever may only read cannot ask for.
  if (!RED.user.hasPermission('lipwire-preview.write')) {
    return frame.say(problem({ status: 403 }));
  }
  const asker = Math.random().toString(36).slice(2);
  let asked = '';
  let latest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    if (!frame.isOpen) return;
    const question = { node: node.id, asker, config: settingsIn(node) };
    if (JSON.stringify(question) === asked) return;
    asked = JSON.stringify(question);
    latest += 1;
    const mine = latest;
    const isCurrent = (): boolean => mine === latest && frame.isOpen;
    frame.place.attr('aria-busy', 'true');
    if (mine === 1) frame.say(text('asking'));
    try {
      type Answer = PortraitPreview & { awaited?: boolean };
      const answer = await post<Answer>('lipwire-preview/portrait', question);
      if (!isCurrent()) return;
      if (answer.awaited) frame.say(text('awaited'));
      else frame.show([pictureOf(answer)], wordsOf(answer));
    } catch (error) {
      if (isCurrent()) frame.say(problem(error as FailedRequest));
    }
    if (isCurrent()) frame.place.attr('aria-busy', 'false');
  }
  frame.place.closest('.lipwire-form').on('change input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), PATIENCE);
  });
  void look();
}

/** A button that puts a file of this computer's into the user directory; its path is taken. */
function addUpload(row: JQuery, take: (path: string) => void): void {
  if (!RED.user.hasPermission('lipwire-preview.write')) return void row.hide();
  const told = $('<span class="lipwire-upload-told" role="status">');
  const input = $<HTMLInputElement>(
    '<input type="file" accept="image/*,video/*" tabindex="-1" aria-hidden="true" class="lipwire-upload-file">',
  );
  const button = $('<button type="button" class="red-ui-button lipwire-upload">')
    .append('<i class="fa fa-upload" aria-hidden="true"></i> ', $('<span>').text(text('upload')))
    .on('click', () => input.trigger('click'));
  input.on('change', () => {
    const [file] = input[0].files ?? [];
    input.val('');
    if (file) void send(file, false);
  });

  async function send(file: File, replace: boolean): Promise<void> {
    const { name } = file;
    const tell = (percent: number): JQuery => told.text(text('uploading', { name, percent }));
    button.prop('disabled', true);
    tell(0);
    try {
      const query = $.param({ name, ...(replace && { replace }) });
      const { path, isThere } = await ask<{ path: string; isThere?: boolean }>(
        `lipwire-preview/portraits?${query}`,
        {
          method: 'POST',
          contentType: 'application/octet-stream',
          processData: false,
          data: file,
          xhr: () => {
            const request = new XMLHttpRequest();
            request.upload.addEventListener('progress', ({ loaded, total }) => {
              tell(Math.floor((100 * loaded) / total));
            });
            return request;
          },
        },
      );
      told.text('');
      if (isThere) askToReplace(file, path);
      else take(path);
    } catch (error) {
      told.text(problem(error as FailedRequest));
    }
    button.prop('disabled', false);
  }
  /** Nothing is replaced unasked. */
  function askToReplace(file: File, path: string): void {
    const choice = (key: string, action?: () => void): object => ({
      text: text(key),
      click: () => {
        notice.close();
        action?.();
      },
    });
    const notice = RED.notify($('<span>').text(text('isThere', { path })).html(), {
      modal: true,
      fixed: true,
      buttons: [
        choice('cancel'),
        choice('keep', () => take(path)),
        { ...choice('replace', () => void send(file, true)), class: 'primary' },
      ],
    });
  }
  row.append(button, input, ' ', told);
}

/** The built-in avatar needs no value; anything else is checked by its type. */
function validatePortrait(this: Partial<EditorNode>, value: unknown, options?: ValidationOptions) {
  const type = $('#node-input-portraitType').val() || this['portraitType'] || 'avatar';
  const validate = RED.validators.typedInput({ typeField: 'portraitType', allowBlank: true });
  return type === 'avatar' || validate.call(this, value, options);
}

registerStage('face-detect', {
  defaults: {
    portrait: { validate: validatePortrait },
    portraitType: {
      value: 'avatar',
      validate: validatorOf({
        type: 'choice',
        default: 'avatar',
        of: ['avatar', 'str', ...ELSEWHERE],
      }),
      label: textsOf('face-detect')('label.portrait'),
    },
  },
  open(node) {
    const portrait = $('#node-input-portrait');
    const upload = $('<div class="form-row lipwire-upload-row" id="lipwire-face-detect-upload">');
    const preview = $('<div id="lipwire-face-detect-preview">');
    rowOf('portrait').after(upload, preview);
    // The typed input takes its width from here, not from a stylesheet.
    portrait.css('width', 'calc(100% - 160px)');
    typedInput(node, 'portrait', portrait, 'avatar', [
      {
        value: 'avatar',
        label: nameOf('avatar'),
        icon: 'fa fa-user-circle-o',
        hasValue: false,
      },
      { value: 'str', label: nameOf('path'), icon: 'fa fa-file-image-o' },
      ...ELSEWHERE,
    ]);
    addUpload(upload, (path) => portrait.typedInput('type', 'str').typedInput('value', path));
    showPortrait(node, new PreviewFrame(preview));
  },
});
