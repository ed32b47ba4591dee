"""What is asked of networks, study by study: whom to attack, what the paper claims, what is drawn and told of it."""

from tfadvseg.studies import certificate, crf, masking, robustness, transfer, transforms
from tfadvseg.studies.study import Study

STUDIES: dict[str, Study] = {
    "robustness": robustness.STUDY,
    "transforms": transforms.STUDY,
    "crf": crf.STUDY,
    "transfer": transfer.STUDY,
    "certificate": certificate.STUDY,
    "masking": masking.STUDY,
}
