"""Changes of a photo that a crop must survive, and how far a crop is from another."""

import cv2
import numpy as np

from facetds.faces import inter_ocular_distance

# Brows, eyes, nose and mouth: the outline is vague even to people.
INNER = slice(17, 68)


def rotate(image, degrees, scale=1.0):
    """Return the image turned about its middle (counterclockwise), on its replicated border."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def rescale(image, factor):
    """Return the image `factor` times as wide and high."""
    filter_ = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=filter_)


def lighten(image, gain=1.0, gamma=1.0, noise=0.0):
    """Return the image with a gain, a gamma curve and Gaussian noise (in grey levels)."""
    random = np.random.default_rng(0)
    value = (image / 255) ** gamma * gain * 255 + random.normal(0, noise, image.shape)
    return np.clip(value, 0, 255).astype(np.uint8)


def blur(image, sigma):
    """Return the image blurred by a Gaussian of so many pixels."""
    return cv2.GaussianBlur(image, (0, 0), sigma)


def jpeg(image, quality):
    """Return the image as JPEG of this quality leaves it."""
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def grey(image):
    """Return the image without colour, in three channels."""
    return np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)


def landmark_error(points, reference):
    """Return the mean distance of the inner landmarks in units of the reference's eye distance."""
    distance = np.hypot(*(np.asarray(points) - reference)[INNER].T).mean()
    return distance / inter_ocular_distance(reference)


def pixel_difference(pixels, reference):
    """Return the mean absolute difference in grey levels after a blur of 2 pixels."""
    first, second = (blur(each.astype(np.float32), 2) for each in (pixels, reference))
    return np.abs(first - second).mean()
