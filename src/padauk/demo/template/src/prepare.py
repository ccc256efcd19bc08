"""Turn folders of PNG files into one array of features, split into a training and a test part."""

import hashlib
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

share = yaml.safe_load(Path("params.yaml").read_text())["prepare"]["test_share"]

images, labels, test = [], [], []
for path in sorted(Path("data/digits").glob("*/*.png")):
    images.append(np.asarray(Image.open(path), dtype=np.float32).ravel() / 255)
    labels.append(int(path.parent.name))
    test.append(int(hashlib.md5(path.name.encode()).hexdigest(), 16) % 1000 < share * 1000)

Path("work").mkdir(exist_ok=True)
np.savez_compressed("work/features.npz", x=np.array(images), y=np.array(labels), test=np.array(test))
print(f"{len(images)} images, {sum(test)} of them for testing")
