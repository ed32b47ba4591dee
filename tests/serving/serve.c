/* A SavedModel's signature, run by TensorFlow's C API alone, without Python.

   serve FOLDER < lines, each of them one of
     feed TENSOR INDEX TYPE FILE SIDE...   TYPE: TensorFlow's number of it (TF_STRING is 7)
     fetch TENSOR INDEX FILE
   Files hold values in C order; strings are a length of 8 bytes and then so many bytes each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"

enum { MOST = 16 };
static TF_Status *status;

static void check(int fine, const char *what) {
  if (fine && TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "%s: %s\n", what, TF_Message(status));
  exit(1);
}

static TF_Tensor *read_tensor(const char *path, TF_DataType type, const int64_t *sides, int rank) {
  size_t count = 1;
  for (int i = 0; i < rank; i++) count *= sides[i];
  TF_Tensor *tensor = TF_AllocateTensor(type, sides, rank, count * (type == TF_STRING ? sizeof(TF_TString) : TF_DataTypeSize(type)));
  FILE *file = fopen(path, "rb");
  check(file != NULL, path);
  if (type != TF_STRING) check(fread(TF_TensorData(tensor), 1, TF_TensorByteSize(tensor), file) == TF_TensorByteSize(tensor), path);
  else for (size_t i = 0; i < count; i++) {
    uint64_t length;
    check(fread(&length, 8, 1, file) == 1, path);
    char *bytes = malloc(length);
    check(fread(bytes, 1, length, file) == length, path);
    TF_TString *text = (TF_TString *)TF_TensorData(tensor) + i;
    TF_StringInit(text);
    TF_StringCopy(text, bytes, length);
    free(bytes);
  }
  fclose(file);
  return tensor;
}

static void write_tensor(const char *path, const TF_Tensor *tensor) {
  FILE *file = fopen(path, "wb");
  check(file != NULL, path);
  if (TF_TensorType(tensor) != TF_STRING) fwrite(TF_TensorData(tensor), 1, TF_TensorByteSize(tensor), file);
  else for (int64_t i = 0; i < TF_TensorElementCount(tensor); i++) {
    const TF_TString *text = (const TF_TString *)TF_TensorData(tensor) + i;
    uint64_t length = TF_StringGetSize(text);
    fwrite(&length, 8, 1, file);
    fwrite(TF_StringGetDataPointer(text), 1, length, file);
  }
  check(fclose(file) == 0, path);
}

int main(int count, char **arguments) {
  static char names[2 * MOST][512], files[2 * MOST][512];
  TF_Output feeds[MOST], fetches[MOST];
  TF_Tensor *given[MOST], *found[MOST];
  int feeding = 0, fetching = 0, index, type, at, step;
  status = TF_NewStatus();
  check(count == 2, "serve FOLDER");
  TF_SessionOptions *options = TF_NewSessionOptions();
  TF_SetConfig(options, "\x10\x02", 2, status); /* ConfigProto: intra_op_parallelism_threads 2, as in the tests */
  TF_Graph *graph = TF_NewGraph();
  const char *tags[] = {"serve"};
  TF_Session *session = TF_LoadSessionFromSavedModel(options, NULL, arguments[1], tags, 1, graph, NULL, status);
  check(session != NULL, arguments[1]);
  for (char line[4096]; fgets(line, sizeof line, stdin);) {
    char *name = names[feeding + fetching], *file = files[fetching];
    TF_Output *tensor;
    if (sscanf(line, "feed %511s %d %d %511s %n", name, &index, &type, file, &at) == 4 && feeding < MOST) {
      int64_t sides[8];
      int rank = 0;
      while (rank < 8 && sscanf(line + at, "%" SCNd64 "%n", &sides[rank], &step) == 1) at += step, rank++;
      given[feeding] = read_tensor(file, type, sides, rank);
      tensor = &feeds[feeding++];
    } else {
      check(sscanf(line, "fetch %511s %d %511s", name, &index, file) == 3 && fetching < MOST, line);
      tensor = &fetches[fetching++];
    }
    *tensor = (TF_Output){TF_GraphOperationByName(graph, name), index};
    check(tensor->oper != NULL, name);
  }
  TF_SessionRun(session, NULL, feeds, given, feeding, fetches, found, fetching, NULL, 0, NULL, status);
  check(1, "run");
  for (int i = 0; i < fetching; i++) write_tensor(files[i], found[i]);
  return 0;
}
