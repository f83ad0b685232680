assert !new File(basedir, "target/classes/models/fashion-resnet.onnx").exists()
assert new File(basedir, "build.log").text.contains("fashion-resnet.onnx: ")
