/** The player page, frame by frame. */
export const RATE = 12.5;
export const PLAYER = { width: 296, height: 322 };
/** The page is higher than what is shown of it: its buttons are below. */
const HEIGHT = 372;

/**
 * Plays a video by seeking, so that no frame is lost however slow the machine is.
 * @returns PNG pictures of the page, RATE for each second of the video
 */
export async function playVideo(browser, watchUrl, duration) {
  const viewport = { width: PLAYER.width, height: HEIGHT };
  const page = await browser.newPage({ viewport });
  await page.goto(watchUrl);
  await page.waitForFunction(() => document.querySelector('video').readyState >= 2);
  // The browser's controls would lie on the face.
  await page.evaluate(() => (document.querySelector('video').controls = false));
  const pictures = [];
  for (let time = 0; time < duration - 0.04; time += 1 / RATE) {
    await page.evaluate(seek, time);
    pictures.push(await page.screenshot({ clip: { x: 0, y: 0, ...PLAYER } }));
  }
  await page.close();
  return pictures;
}

/** Runs in the page: shows the frame of that time. */
async function seek(time) {
  const video = document.querySelector('video');
  if (Math.abs(video.currentTime - time) > 0.001) {
    const seeked = new Promise((resolve) =>
      video.addEventListener('seeked', resolve, { once: true }),
    );
    video.currentTime = time;
    await seeked;
  }
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
