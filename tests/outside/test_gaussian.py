"""The contract of a family, as the package has it in its own tests."""

from thin_films.gaussian import Gaussian

from ingenium.testing import GeneratorContract, Skills


class TestGaussian(GeneratorContract):
    skills = Skills(Gaussian, dense=True, learns=(0.25, 0.35))
