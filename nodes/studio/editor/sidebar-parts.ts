/** What the parts of the sidebar share: buttons, and asking the server and the reader. */
import {
  ask,
  button,
  post as send,
  problem,
  sidebarText as text,
  type FailedRequest,
} from '../../shared/editor/parts';

/** Whoever may only look is shown no button that would be refused. */
export const mayWrite = (): boolean => RED.user.hasPermission('lipwire-sidebar.write');

/** Asks a route of the sidebar. Rejects with what {@link complain} takes. */
export const get = <T>(route: string, settings?: JQuery.AjaxSettings): Promise<T> =>
  ask<T>(`lipwire-sidebar/${route}`, settings);

/** Sends JSON to a route of the sidebar. Rejects with what {@link complain} takes. */
export const post = <T>(route: string, body: object): Promise<T> =>
  send<T>(`lipwire-sidebar/${route}`, body);

export function complain(request: FailedRequest): void {
  RED.notify($('<span>').text(problem(request)).html(), 'error');
}

/** Asks the reader before what cannot be taken back. */
export function askFirst(question: string, yes: string, action: () => void): void {
  const close = (): void => notice.close();
  const act = (): void => {
    close();
    action();
  };
  const notice = RED.notify($('<span>').text(text(question)).html(), {
    modal: true,
    fixed: true,
    buttons: [
      { text: text('no'), click: close },
      { text: text(yes), class: 'primary', click: act },
    ],
  });
}

/** A button with an icon, named for those who do not see it. */
export function iconButton(icon: string, key: string, action: () => void): JQuery {
  const made = $('<button type="button" class="red-ui-button red-ui-button-small">')
    .attr('aria-label', text(key))
    .append($('<i aria-hidden="true">').addClass(`fa ${icon}`))
    .on('click', action);
  RED.popover.tooltip(made, text(key));
  return made;
}

export const textButton = (icon: string, key: string, action: () => void): JQuery =>
  button(icon, text(key), action);

/** A note that screen readers read out. */
export const note = (role: 'status' | 'alert' = 'status'): JQuery =>
  $('<p class="lipwire-note">').attr('role', role);
