"""Public .caffemodel files: read as named arrays (`caffemodel`), and put into Keras networks by name (`load`),
which must then answer what they are shown (`alive`).

Nothing here needs Caffe. A file is data of a stranger: whatever is wrong with it ends in one ValueError that names the
file and the layer, and a network is changed only after all of its layers are known to fit.
"""
