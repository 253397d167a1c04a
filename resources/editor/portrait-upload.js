/* The button of face-detect that uploads a portrait. */
window.lipwirePortraitUpload =
  window.lipwirePortraitUpload ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const TYPE = 'lipwire-face-detect';
    const text = (...what) => lipwirePreview.texts(TYPE)(...what);

    $(
      '<style>' +
        '.lipwire-upload-file { position: absolute; width: 1px !important; height: 1px; opacity: 0; }' +
        '.lipwire-upload-row { margin-inline-start: 154px; }' +
        '</style>',
    ).appendTo('head');

    /** A button that puts a file of this computer's into the user directory and its path into the field. */
    return function (element, take) {
      if (!RED.user.hasPermission('lipwire-preview.write')) return $(element).hide();
      const told = $('<span class="lipwire-upload-told" role="status">');
      const input = $(
        '<input type="file" accept="image/*,video/*" tabindex="-1" aria-hidden="true" class="lipwire-upload-file">',
      );
      const button = $('<button type="button" class="red-ui-button lipwire-upload">')
        .append(
          '<i class="fa fa-upload" aria-hidden="true"></i> ',
          $('<span>').text(text('upload')),
        )
        .on('click', () => input.trigger('click'));
      input.on('change', () => {
        const [file] = input[0].files;
        input.val('');
        if (file) send(file, false);
      });
      function send(file, replace) {
        const query = $.param({ name: file.name, ...(replace && { replace: true }) });
        button.prop('disabled', true);
        told.text(text('uploading', { name: file.name, percent: 0 }));
        $.ajax({
          url: 'lipwire-preview/portraits?' + query,
          method: 'POST',
          contentType: 'application/octet-stream',
          processData: false,
          data: file,
          xhr: () => {
            const request = $.ajaxSettings.xhr();
            request.upload.addEventListener('progress', ({ loaded, total }) => {
              told.text(
                text('uploading', { name: file.name, percent: Math.floor((100 * loaded) / total) }),
              );
            });
            return request;
          },
        })
          .always(() => button.prop('disabled', false))
          .fail((request) => told.text(lipwirePreview.problem(request)))
          .done(({ path, isThere }) => {
            told.text('');
            if (isThere) ask(file, path);
            else take(path);
          });
      }
      /** Nothing is replaced unasked. */
      function ask(file, path) {
        const notice = RED.notify($('<span>').text(text('isThere', { path })).html(), {
          modal: true,
          fixed: true,
          buttons: [
            { text: text('cancel'), click: () => notice.close() },
            {
              text: text('keep'),
              click: () => {
                notice.close();
                take(path);
              },
            },
            {
              text: text('replace'),
              class: 'primary',
              click: () => {
                notice.close();
                send(file, true);
              },
            },
          ],
        });
      }
      return $(element).append(button, input, ' ', told);
    };
  })();
