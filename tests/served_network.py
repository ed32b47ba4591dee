"""A network as it is served, written plainly: photographs of any size to label maps, an image at a time."""

import tensorflow as tf


class ServedNetwork(tf.Module):
    """Of a `LoadedModel`, with its signatures `logits`, `serving_default` and `encoded`."""

    def __init__(self, model):
        super().__init__()
        self.model, self.kept = model, model.trackable
        pixels = tf.TensorSpec((None, None, None, 3), tf.uint8, "images")
        files = tf.TensorSpec((None,), tf.string, "image_bytes")
        floats = tf.TensorSpec((None, *model.input_size, 3), tf.float32, "images")
        self.endpoints = {
            "logits": tf.function(lambda images: {"logits": model.logits(images)}, [floats]),
            "serving_default": tf.function(self.of_pixels, [pixels]),
            "encoded": tf.function(self.of_files, [files]),
        }

    def of_one(self, photograph):
        """(labels [H, W], mean largest probability, mean entropy)."""
        placed, inside = self.model.frame.place(photograph)
        logits = self.model.logits(placed[None])[0]
        lifted = self.model.frame.lift(logits, inside, tf.shape(photograph)[:2])
        p = tf.nn.softmax(logits[: inside[0], : inside[1]])
        entropy = -tf.reduce_sum(tf.math.multiply_no_nan(tf.math.log(p), p), -1)
        labels = tf.cast(tf.argmax(lifted, -1), tf.uint8)
        return labels, tf.reduce_mean(tf.reduce_max(p, -1)), tf.reduce_mean(entropy)

    def of_pixels(self, images):
        kinds = (tf.TensorSpec((None, None), tf.uint8), tf.TensorSpec(()), tf.TensorSpec(()))
        labels, confidence, entropy = tf.map_fn(self.of_one, images, fn_output_signature=kinds)
        return {"labels": labels, "confidence": confidence, "entropy": entropy}

    def of_files(self, image_bytes):
        def of_file(file):
            is_png = tf.strings.substr(file, 0, 4) == b"\x89PNG"
            image = tf.cond(
                is_png,
                lambda: tf.io.decode_png(file, channels=3),
                lambda: tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE"),
            )
            labels, confidence, entropy = self.of_one(image)
            return tf.io.encode_png(labels[..., None]), confidence, entropy

        kinds = (tf.TensorSpec((), tf.string), tf.TensorSpec(()), tf.TensorSpec(()))
        labels, confidence, entropy = tf.map_fn(of_file, image_bytes, fn_output_signature=kinds)
        return {"labels_bytes": labels, "confidence": confidence, "entropy": entropy}


def export(model, folder):
    """Writes it, without its card."""
    network = ServedNetwork(model)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(network, str(folder), network.endpoints, options)
    return folder
