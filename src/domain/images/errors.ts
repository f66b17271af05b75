import { PressrunError, RetryableError } from '../errors/errors.ts';

/** Too many renditions of images are being made already. */
export class RenditionsBusyError extends RetryableError {
  override readonly name = 'RenditionsBusyError';
  readonly code = 'RENDITIONS_BUSY';

  constructor() {
    super('Too many images are being drawn right now. Try again in a moment.', 2);
  }
}

/** A stored file is no image that can be drawn, or it takes too long. */
export class UnreadableImageError extends PressrunError {
  override readonly name = 'UnreadableImageError';
  readonly code = 'UNREADABLE_IMAGE';

  constructor(options: ErrorOptions) {
    super('This image cannot be drawn: it is damaged, too large, or no PNG, JPEG or WebP.', options);
  }
}
