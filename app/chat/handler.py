"""The app as a Lambda handler. Mangum collects the whole answer before it returns it."""

from mangum import Mangum

from main import app

handler = Mangum(app, lifespan="off")
